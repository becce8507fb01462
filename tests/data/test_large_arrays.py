"""Arrays that may be larger than memory."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from data import large_arrays, load_dataset, rows_in_pipeline
from data.sources import npz_members
from tests.conftest import ROOT

KINDS = st.sampled_from(["f4", "f8", "u1", "i8", "U3", "O", "M8[D]", "?"])
ARRAYS = KINDS.flatmap(
    lambda kind: arrays_of.arrays(
        "U3" if kind == "O" else kind,
        arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=9),
    ).map(lambda array: array.astype(object) if kind == "O" else array)
)


@pytest.fixture(params=["in memory", "in files"])
def somewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays are where they fit, or all in files; either way they are worked on in small parts."""
    monkeypatch.setattr(large_arrays, "BATCH_BYTES", 64)
    if request.param == "in files":
        monkeypatch.setattr(large_arrays, "SHARE", 0.0)


@pytest.mark.usefixtures("somewhere")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ARRAYS, st.data())
def test_rows_and_joined_arrays_are_those_of_numpy(array: np.ndarray, data: st.DataObject) -> None:
    numbers = data.draw(arrays_of.arrays(int, 5, elements=st.integers(0, len(array) - 1)))
    mask = data.draw(arrays_of.arrays(bool, len(array)))
    np.testing.assert_array_equal(large_arrays.rows_of(array, numbers), array[numbers])
    np.testing.assert_array_equal(large_arrays.rows_of(array, mask), array[mask])
    both = large_arrays.joined(array, array[:1])
    np.testing.assert_array_equal(both, np.concatenate([array, array[:1]]))
    assert both.dtype == array.dtype


@pytest.mark.usefixtures("somewhere")
def test_converted_arrays_are_those_of_numpy() -> None:
    array = np.arange(60).reshape(20, 3)
    converted = large_arrays.converted(array, np.float32)
    np.testing.assert_array_equal(converted, array.astype(np.float32))
    assert converted.dtype == np.float32
    assert large_arrays.converted(converted, np.float32) is converted


def test_a_sample_is_spread_over_all_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(300).reshape(100, 3)
    np.testing.assert_array_equal(large_arrays.sample(array), array)
    monkeypatch.setattr(large_arrays, "SAMPLED", 30)
    np.testing.assert_array_equal(large_arrays.sample(array), array[::10])


def test_a_dataset_in_files_is_the_one_in_memory(
    write_npz: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    path = write_npz(x=rng.integers(0, 256, (60, 8, 8, 3), np.uint8), y=np.arange(60) % 3)
    known = load_dataset(path)
    monkeypatch.setattr(large_arrays, "SHARE", 0.0)
    monkeypatch.setattr(npz_members, "LARGE", 0)
    monkeypatch.setattr(rows_in_pipeline, "LARGE", 0)
    mapped = load_dataset(path)
    assert mapped.fingerprint == known.fingerprint
    (said,) = [note for note in mapped.notes if note not in known.notes]
    assert "0.0 GB of inputs are in a file" in said
    for one, other in zip(
        known.stream("train", 16, shuffle_seed=1),
        mapped.stream("train", 16, shuffle_seed=1),
        strict=True,
    ):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    joined = mapped.with_validation_in_training()
    np.testing.assert_array_equal(joined.train.x, known.with_validation_in_training().train.x)


def test_own_splits_do_not_stay_in_a_file_that_somebody_may_write_again(
    write_npz: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npz_members, "LARGE", 0)
    x, y = np.arange(40, dtype=np.float32).reshape(20, 2), np.arange(20) % 2
    path = write_npz(x_train=x, y_train=y, x_val=x, y_val=y, x_test=x, y_test=y)
    dataset = load_dataset(path)
    Path(path).write_bytes(b"")  # What is mapped would now be a crash.
    np.testing.assert_array_equal(dataset.train.x, x)
    np.testing.assert_array_equal(dataset.test.x, x)


READ_IN_LITTLE_MEMORY = """
import re, resource, sys
from pathlib import Path
from data import large_arrays, load_dataset

def own_memory():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

large_arrays.SHARE = 0.0  # As on a machine of which the memory is full.
limit = resource.getrlimit(resource.RLIMIT_DATA)
resource.setrlimit(resource.RLIMIT_DATA, (800 * 1024**2, limit[1]))
dataset = load_dataset(sys.argv[1])
dataset.fold(0, 5)
dataset.with_validation_in_training()
print(*dataset.notes[-1:])

resource.setrlimit(resource.RLIMIT_DATA, limit)
dataset.preprocessing  # TensorFlow is imported.
before = own_memory()
print(max(own_memory() for _ in dataset.stream("train", 256, shuffle_seed=0)) - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is looked up as Linux tells it")
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_images_of_a_gigabyte_are_read_with_less(tmp_path: Path, dtype: str) -> None:
    rng, path = np.random.default_rng(0), tmp_path / "images.npz"
    shape = (1_000_000_000 // np.dtype(dtype).itemsize // 12_288, 64, 64, 3)
    x = np.broadcast_to(rng.integers(0, 256, shape[1:]).astype(dtype), shape)
    np.savez(path, x=x, y=np.arange(shape[0]) % 3)
    ended = subprocess.run(
        [sys.executable, "-c", READ_IN_LITTLE_MEMORY, str(path)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    said, streaming = ended.stdout.splitlines()
    assert f"1.0 GB of inputs are in a file in {tmp_path}" in said
    assert int(streaming) < 500_000_000
