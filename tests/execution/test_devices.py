"""What XLA is told for a GPU: where its programs are kept, and how much of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tuner.execution import devices

KEEP = "--tf_xla_persistent_cache_directory"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("XLA_FLAGS", "TF_XLA_FLAGS"):
        monkeypatch.setenv(variable, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_programs_have_a_folder_for_each_tensorflow(cache: Path) -> None:
    devices.set_up_xla()
    flag, _, folder = os.environ["TF_XLA_FLAGS"].partition("=")
    assert flag == KEEP
    assert Path(folder).is_dir()
    assert Path(folder).is_relative_to(cache)
    assert "tensorflow-" in Path(folder).name


def test_what_the_user_tells_xla_stays(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_enable_triton_gemm=true --xla_dump_to=/x")
    monkeypatch.setenv("TF_XLA_FLAGS", f"{KEEP}=/mine")
    devices.set_up_xla()
    assert os.environ["XLA_FLAGS"] == "--xla_gpu_enable_triton_gemm=true --xla_dump_to=/x"
    assert os.environ["TF_XLA_FLAGS"] == f"{KEEP}=/mine"


@pytest.mark.parametrize("place", ["file/below", "with space"])
def test_without_a_place_nothing_is_kept(
    cache: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache / place))
    devices.set_up_xla()
    assert os.environ["TF_XLA_FLAGS"] == ""
    assert os.environ["XLA_FLAGS"] == "--xla_gpu_enable_triton_gemm=false"


def test_the_oldest_programs_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "KEPT_BYTES", 250)
    for age, name in enumerate(["new", "middle", "old", "oldest"]):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    devices.trim(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"new", "middle"}


TRAIN = """
from tuner.execution.devices import set_up_xla
set_up_xla()
from tests.training.test_xla import XLA, through, train
print(*train(through(), XLA)[1])
"""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_programs_are_kept_and_a_damaged_one_stops_no_training(cache: Path) -> None:
    """On a CPU, where `set_up_xla` is not called otherwise."""

    def losses(code: str = TRAIN) -> str:
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        return run.stdout + "".join(line for line in run.stderr.splitlines() if "warning:" in line)

    def kept() -> dict[Path, float]:
        return {file: file.stat().st_mtime for file in cache.rglob("*.pb")}

    first = losses()
    programs = kept()
    assert len(programs) == 2  # Training and evaluation.
    assert losses() == first
    assert kept() == programs
    for program in programs:
        program.write_bytes(b"torn")
    unasked = TRAIN.replace("XLA)", "None)").replace(
        "print(", "import tuner.training.in_memory as m; m.xla_pays = lambda steps: True\nprint("
    )
    assert "epochs as a loop of steps" in losses(unasked)
