"""What people install, type and deploy: requirements, lock, Makefile, Docker files."""

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

CODE = [ROOT / "tune.py", ROOT / "train.py", ROOT / "predict.py"] + [
    path for room in ("data", "model", "tuner") for path in (ROOT / room).rglob("*.py")
]

# What is installed only for those who ask for it.
EXTRAS = sorted({path.name for path in ROOT.glob("requirements-*.txt")} - {"requirements-dev.txt"})


def requirements(name: str) -> dict[str, Requirement]:
    """Return what a requirements file itself names, by normalized name."""
    lines = (ROOT / name).read_text().splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(requirement.name): requirement for requirement in wanted}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", *EXTRAS])
def test_every_requirement_is_one_version_and_the_lock_agrees(name: str) -> None:
    locked = requirements("constraints.txt")
    for package, requirement in requirements(name).items():
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert locked[package].specifier == requirement.specifier, "make lock was not run"


def test_the_requirements_use_the_lock() -> None:
    assert "-c constraints.txt" in (ROOT / "requirements.txt").read_text().splitlines()
    assert "-r requirements.txt" in (ROOT / "requirements-dev.txt").read_text().splitlines()
    for name in EXTRAS:
        assert "-c constraints.txt" in (ROOT / name).read_text().splitlines(), name


def test_the_lock_holds_versions_and_no_places() -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"://|^-| @ ", text, re.MULTILINE)


def test_what_the_code_imports_is_required_by_name() -> None:
    own = {"data", "model", "tuner"} | set(sys.stdlib_module_names)
    # Those of another name than what is imported, where they are not installed.
    distributions = {"mlflow": ["mlflow-skinny"]} | packages_distributions()
    required = {name for file in ("requirements.txt", *EXTRAS) for name in requirements(file)}
    missing = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in CODE
        for module in imported(path) - own
        if not required & {canonicalize_name(n) for n in distributions.get(module, [module])}
    }
    assert not missing


def imported(path: Path) -> set[str]:
    """Return the top-level names of all modules that a file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    whole = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    parts = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in whole + parts}


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # Without the variables of the make that may be running these tests.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=30,
        env=env | {"MFLAGS": ""},
    )


def test_make_alone_prints_every_target_on_one_line() -> None:
    lines = make().stdout.splitlines()
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    for target in phony[1].split():
        [line] = [line for line in lines if line.startswith(f"make {target} ")]
        assert len(line.split(maxsplit=2)) == 3, f"{target} is not described"


def test_extras_are_installed_from_their_requirements(checkout: Path) -> None:
    planned = make("--dry-run", "tune", "EXTRAS=parquet", cwd=checkout).stdout
    assert planned.index("-r requirements-parquet.txt") < planned.index("tune.py")
    assert "parquet" not in make("--dry-run", "tune", cwd=checkout).stdout
    planned = make("--dry-run", "test-extras", cwd=checkout).stdout
    for name in EXTRAS:
        assert f".venv-extras/bin/python -m pip install --disable-pip-version-check -r {name}" in (
            planned
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what `make` needs to decide whether .venv is up to date."""
    for name in ("Makefile", *(path.name for path in ROOT.glob("*.txt"))):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize("version", ["3.10.13", "3.14.0"])
def test_an_unsupported_python_is_refused_in_one_line(checkout: Path, version: str) -> None:
    python = checkout / "python"
    numbers = tuple(map(int, version.split(".")))
    pretend = f"import sys; sys.version_info = {numbers}; sys.version = '{version}'"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{pretend}; exec(sys.argv[2])" "$@"\n')
    python.chmod(0o755)
    refused = make("tune", f"PYTHON={python}", cwd=checkout)
    assert refused.returncode != 0
    assert f"Python 3.11 to 3.13 is needed, but {python} is {version}." in refused.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    "changed",
    ["requirements.txt", "constraints.txt", "requirements-dev.txt", "requirements-parquet.txt"],
)
def test_the_environment_follows_the_requirements(checkout: Path, changed: str) -> None:
    for name in ("bin/pip", ".installed", ".installed-dev"):
        path = checkout / ".venv" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    stamp = ".venv/.installed-dev"
    later = (checkout / stamp).stat().st_mtime
    os.utime(checkout / stamp, (later + 1, later + 1))
    assert make("--question", stamp, cwd=checkout).returncode == 0
    os.utime(checkout / changed, (later + 2, later + 2))
    assert make("--question", stamp, cwd=checkout).returncode == 1


def test_the_image_runs_as_a_numbered_user_and_ends_on_an_interrupt() -> None:
    text = (ROOT / "Dockerfile").read_text()
    final_stage = text[text.rindex("\nFROM ") :]
    # By number: Kubernetes cannot tell from a name that it is not root.
    assert re.findall(r"^USER (.*)$", final_stage, re.MULTILINE) == ["1000"]
    assert "STOPSIGNAL SIGINT" in final_stage


def test_the_image_installs_dependencies_before_it_copies_code() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert text.index("pip install") < text.index("\nCOPY . .")


def compose_services(file: str) -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / file).read_text())["services"]
    return services


@pytest.mark.parametrize(
    ("file", "published"),
    [
        ("compose.yaml", {"tune": [], "tensorboard": ["127.0.0.1:6006:6006"]}),
        ("compose.cluster.yaml", {"head": [], "worker": []}),
    ],
)
def test_compose_publishes_tensorboard_on_loopback_and_nothing_else(
    file: str, published: dict[str, list[str]]
) -> None:
    services = compose_services(file)
    assert {name: service.get("ports", []) for name, service in services.items()} == published


@pytest.mark.parametrize("file", ["compose.yaml", "compose.cluster.yaml"])
def test_every_container_is_confined(file: str) -> None:
    for service in compose_services(file).values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "network_mode" not in service
