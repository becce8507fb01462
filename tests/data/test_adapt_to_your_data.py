"""docs/adapt-to-your-data.md, followed to the letter in a copy of `data/` and `model/`."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs/adapt-to-your-data.md").read_text("utf-8"), re.DOTALL
)

# The line of model/tabular.py that the document changes.
DENSE = """\
        x = keras.layers.Dense(hp.get("width"), "silu", kernel_initializer="lecun_normal")(x)
"""

# Instead of tune.py and train.py, which are not needed for what is shown here.
BUILD = """
import keras_tuner
from data import load_dataset, with_preprocessing
from model import build_model

hp = keras_tuner.HyperParameters()
assert build_model(hp, load_dataset("moons")).output_shape == (None, 2)
assert hp.get("activation") == "silu"
assert build_model(hp, load_dataset("wine"), model="residual").output_shape == (None, 3)
"""


def block(beginning: str) -> str:
    """Return the one block that begins so."""
    (found,) = (text for text in BLOCKS if text.startswith(beginning))
    return found


@pytest.mark.slow
def test_the_document_is_right(tmp_path: Path) -> None:
    for room in ("data", "model"):
        shutil.copytree(ROOT / room, tmp_path / room)

    def change(file: str, old: str, new: str) -> None:
        path = tmp_path / file
        assert path.read_text().count(old) == 1
        path.write_text(path.read_text().replace(old, new))

    (tmp_path / "data/sources/moons.py").write_text(block("# data/sources/moons.py"))
    imported, entry = block("# data/sources/__init__.py").split("NAMES = {\n")
    change("data/sources/__init__.py", "\nNAMES: ", f"\n{imported}\nNAMES: ")
    change("data/sources/__init__.py", '    "digits": ', f'{entry}    "digits": ')

    (tmp_path / "model/residual.py").write_text(block("# model/residual.py"))
    change(
        "model/build.py",
        'MODELS = ("tabular", "mlp", "cnn", "sequence", "text")',
        block("# model/build.py"),
    )
    _, hyperparameter = block("# model/search_space.py").split("\n", 1)
    change(
        "model/search_space.py",
        '    hp.Choice("schedule"',
        f'{hyperparameter}    hp.Choice("schedule"',
    )
    _, layer = block("# model/tabular.py").split("\n", 1)
    change("model/tabular.py", DENSE, layer)

    done = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
