"""What a worker sends to its driver instead of writing it. None of it needs Ray."""

from pathlib import Path

from tuner.execution.messages import Artifact
from tuner.execution.ray_worker import SentArtifacts


def test_what_is_put_is_sent_and_what_is_lent_can_be_read_once() -> None:
    sent: list[Artifact] = []
    artifacts = SentArtifacts(sent.append)
    artifacts.put("running/a.npz", lambda path: path.write_bytes(path.suffix.encode()))
    assert sent == [Artifact("running/a.npz", b".npz")]
    with artifacts.get("running/a.npz") as path:
        assert path is None
    artifacts.lent = Artifact("running/a.npz", b"saved")
    with artifacts.get("running/b.npz") as path:
        assert path is None
    with artifacts.get("running/a.npz") as path:
        assert path is not None
        assert Path(path).read_bytes() == b"saved"
    assert not path.exists()
