"""What `--executor ray` says where it cannot run. None of it needs Ray; what does is in
`test_ray_workers`."""

import sys

import pytest

from data.errors import InputError
from tuner.command_line.options import SearchOptions
from tuner.execution import start_executor


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install -r requirements-ray\.txt"):
        start_executor(SearchOptions(executor="ray", settings={"ray_address": "auto"}))
