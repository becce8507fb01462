"""`--export-sweep`: YAML that says what the search space is, and that W&B's own parser accepts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import tune

MODEL = """
import keras

def build(hp):
    hp.Float("lr", 1e-5, 1e-1, sampling="log")
    hp.Float("momentum", 0.1, 0.99, sampling="reverse_log")
    if hp.Boolean("deep"):
        hp.Int("units", 8, 100_000)
        hp.Int("many", 1, 100_000, sampling="log")
    hp.Float("rate", 0.0, 0.5, step=0.1)
    hp.Choice("kind", ["relu", "tanh: #1"])
    hp.Fixed("seed", 3)
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""
PARAMETERS = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1},
    "momentum": {"distribution": "uniform", "min": 0.1, "max": 0.99},
    "deep": {"values": [False, True]},
    "units": {"distribution": "int_uniform", "min": 8, "max": 100_000},
    "many": {"distribution": "q_log_uniform_values", "min": 1, "max": 100_000},
    "rate": {"values": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]},
    "kind": {"values": ["relu", "tanh: #1"]},
    "seed": {"value": 3},
}
# W&B's own judge of sweeps. It asks for an older NumPy than TensorFlow, so it is taken by itself.
JUDGE = (
    *(
        "sweeps==0.3.0",
        "jsonref==1.1.0",
        "jsonschema==4.26.0",
        "jsonschema-specifications==2025.9.1",
    ),
    *("referencing==0.37.0", "rpds-py==0.30.0", "attrs==25.4.0"),
)


def exported(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[str, str]:
    """Return what the command prints, and what it warns of."""
    assert tune.main(["--export-sweep", *options]) == 0
    printed = capsys.readouterr()
    return printed.out, printed.err


def own(tmp_path: Path, code: str = MODEL) -> tuple[str, str]:
    (tmp_path / "model.py").write_text(code)
    return "--model", f"{tmp_path / 'model.py'}:build"


def test_every_kind_of_hyperparameter_has_its_counterpart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, warnings = exported(capsys, *own(tmp_path), "--strategy", "random", "--max-trials", "7")
    sweep = yaml.safe_load(text)
    assert sweep.pop("parameters") == PARAMETERS
    assert sweep == {
        "name": "digits",
        "method": "random",
        "metric": {"name": "val_accuracy", "goal": "maximize"},
        "run_cap": 7,
    }
    assert "no conditions: it always draws units, many" in warnings
    assert "no reverse logarithm: it draws momentum evenly" in warnings


def test_a_name_of_several_hyperparameters_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = MODEL.replace(
        '        hp.Int("many"', '        pass\n    else:\n        hp.Int("units"'
    )
    assert tune.main(["--export-sweep", *own(tmp_path, twice)]) == 2
    assert "several hyperparameters are called units" in capsys.readouterr().err


@pytest.mark.extras
@pytest.mark.timeout(300)
def test_the_parser_of_wandb_accepts_it_and_draws_from_the_space(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, _ = exported(capsys, *own(tmp_path))
    (tmp_path / "sweep.yaml").write_text(text)
    install = ["install", "--quiet", "--no-deps", "--target", str(tmp_path / "judge"), *JUDGE]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True)
    code = (
        "import json, sys; from wandb.sdk.launch.sweeps.utils import load_sweep_config\n"
        "import sweeps; config = load_sweep_config(sys.argv[1])\n"
        "wrong = sweeps.schema_violations_from_proposed_config(config)\n"
        "print(json.dumps([wrong, sweeps.next_run(sweeps.SweepConfig(config), []).config]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "sweep.yaml")],
        env={"PYTHONPATH": str(tmp_path / "judge"), "WANDB_MODE": "offline"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    violations, drawn = json.loads(done.stdout.splitlines()[-1])
    assert violations == []
    assert drawn.keys() == PARAMETERS.keys()
    assert all(_inside(drawn[name]["value"], one) for name, one in PARAMETERS.items())


def _inside(value: Any, one: dict[str, Any]) -> bool:
    if "distribution" in one:
        return bool(one["min"] <= value <= one["max"])
    return value in one.get("values", [one.get("value")])
