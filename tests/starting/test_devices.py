"""What XLA is told where there are GPUs."""

import os

import pytest

from tuner.starting.devices import gpus, shorten_compilation

FLAG = "--xla_gpu_enable_triton_gemm"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"{FLAG}=false"),
        ("--xla_dump_to=/x", f"--xla_dump_to=/x {FLAG}=false"),
        (f"{FLAG}=true", f"{FLAG}=true"),
    ],
)
def test_what_the_user_tells_xla_stays(
    before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLA_FLAGS", before)
    shorten_compilation()
    assert os.environ["XLA_FLAGS"] == after


@pytest.mark.parametrize(("told", "found"), [("", []), ("-1", []), ("1,3", ["1", "3"])])
def test_gpus_are_those_that_cuda_may_see(
    told: str, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", told)
    assert gpus() == found
