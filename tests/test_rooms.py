"""The plan of the house: what may import what, what starts fast, names that exist once.

Every import counts, wherever it stands: in a function and under TYPE_CHECKING, too. A part that is
chosen by its name on the command line is found by text, which is no import.
"""

import ast
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

# The rooms, each of which imports only from those before it.
ROOMS = [
    "data",
    "model",
    "tuner.starting",
    "tuner.command_line",
    "tuner.storage",
    "tuner.space",
    "tuner.trials",
    "tuner.oracles",
    "tuner.pruners",
    "tuner.training",
    "tuner.findings",
    "tuner.reporting",
    "tuner.tracking",
    "tuner.execution",
    "tuner.search",
    "tuner.setup",
    "tuner.predicting",
    "tuner.retraining",
    "tuner.measuring",
    "tuner.launch",
    "tuner.looking_back",
    "tune",
    "train",
    "predict",
]

# The four questions of a search. The loop alone knows them all.
APART = {"tuner.oracles", "tuner.pruners", "tuner.execution", "tuner.reporting"}

# What reads and shows a search starts without these.
TRAINS = ("tensorflow", "keras", "keras_tuner")
LIGHT = ("command_line", "storage", "space", "trials", "findings", "reporting")
# TensorBoard imports TensorFlow wherever that is installed.
EVENT_WRITERS = {"tuner.reporting.tensorboard", "tuner.reporting.range_test_files"}

# Tests that are about more than the file of their name.
ABOUT_MORE = {
    "data/test_adapt_to_your_data": "a page of docs/",
    "findings/test_rules": "all rules, on made-up searches",
    "oracles/test_pruned": "what all strategies make of pruned trials",
    "oracles/test_strategies": "what all strategies have in common",
    "reporting/test_report_in_a_browser": "the report, opened",
}


def module_of(path: Path) -> str:
    """Return the name that a file is imported by."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = list(ROOT.glob("*.py"))
FILES += [path for top in ("data", "model", "tuner") for path in (ROOT / top).rglob("*.py")]
MODULES = {module_of(path): path for path in FILES}


def imports_of(module: str) -> set[str]:
    """Return the modules of the product that a module imports, anywhere in its file."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} has a relative import"
            package = node.module or ""
            parts = {f"{package}.{name.name}" for name in node.names}
            found |= {part if part in MODULES else package for part in parts}
    return found & MODULES.keys()


def room_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[: 2 if parts[0] == "tuner" else 1])


# `tuner` itself is empty, and belongs to no room.
IMPORTS = {module: imports_of(module) for module in MODULES if module != "tuner"}
BETWEEN_ROOMS = {
    (module, imported)
    for module, all_imported in IMPORTS.items()
    for imported in all_imported
    if room_of(module) != room_of(imported)
}


def test_every_file_is_in_a_room() -> None:
    assert {room_of(module) for module in IMPORTS} == set(ROOMS)


def test_at_most_three_files_of_the_tuner_are_loose() -> None:
    assert len({path.stem for path in (ROOT / "tuner").glob("*.py")} - {"__init__"}) <= 3


def test_a_room_imports_only_from_rooms_before_it() -> None:
    back = {
        (module, imported)
        for module, imported in BETWEEN_ROOMS
        if ROOMS.index(room_of(module)) < ROOMS.index(room_of(imported))
    }
    assert not back


def test_what_a_search_is_made_of_stays_apart() -> None:
    assert not {
        (module, imported)
        for module, imported in BETWEEN_ROOMS
        if {room_of(module), room_of(imported)} <= APART
    }


def test_no_file_imports_one_that_imports_it_back() -> None:
    TopologicalSorter(IMPORTS).prepare()  # raises for a circle, and names it


def test_no_name_exists_twice() -> None:
    names = Counter(path.stem for path in [*FILES, *(ROOT / "benchmarks").rglob("*.py")])
    assert {name for name, count in names.items() if count > 1} == {"__init__", "__main__"}


def test_tests_mirror_the_tree() -> None:
    strangers = set()
    for path in (ROOT / "tests").glob("*/**/test_*.py"):
        name = path.relative_to(ROOT / "tests").with_suffix("")
        subject = name.with_name(name.name.removeprefix("test_"))
        places = [ROOT / subject, ROOT / "tuner" / subject]
        # A package is tested by the test that has its name.
        if not any(place.is_dir() or place.with_suffix(".py").exists() for place in places):
            strangers.add(name.as_posix())
    whole_programs = {name for name in strangers if name.startswith("programs/")}
    assert strangers - whole_programs == ABOUT_MORE.keys()


def imported_by(*modules: str) -> set[str]:
    """Return the names of all packages that a new process has, once it imported these modules."""
    code = f"import sys, {', '.join(modules)}; print(*{{m.split('.')[0] for m in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_help_imports_nothing_heavy() -> None:
    heavy = {*TRAINS, "scipy", "sklearn", "pandas", "matplotlib"}
    assert not imported_by("tuner.command_line.options") & heavy


@pytest.mark.parametrize("room", LIGHT)
def test_what_reads_and_shows_a_search_needs_no_keras(room: str) -> None:
    modules = {module for module in IMPORTS if room_of(module) == f"tuner.{room}"}
    assert not imported_by(*(modules - EVENT_WRITERS)) & set(TRAINS)
