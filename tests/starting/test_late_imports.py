"""What is imported late is there as soon as it is asked for, whoever asks, and in any order."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tuner.starting.late_imports import LATE

START = """
import sys
from tuner.starting.quiet import import_tensorflow
import_tensorflow()
import keras, keras_tuner
assert "matplotlib.pyplot" not in sys.modules and "sklearn.base" not in sys.modules
"""


def after_start(*lines: str) -> None:
    """Run lines in a process of its own that has imported TensorFlow as the programs do."""
    code = START + "\n".join(lines)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr


def test_what_a_model_of_ones_own_may_use_is_there() -> None:
    after_start(
        "import inspect, keras",
        "assert issubclass(keras.wrappers.SKLearnClassifier, object)",
        "from sklearn.base import BaseEstimator",
        "assert issubclass(keras.wrappers.SKLearnClassifier, BaseEstimator)",
        "import tensorflow as tf",
        "theirs = tf.keras.visualization.plot_image_gallery",
        "assert theirs is keras.visualization.plot_image_gallery",
        "assert {'SKLearnClassifier', 'SKLearnRegressor'} <= {*dir(keras.wrappers)}",
        "from keras.src.visualization.plot_image_gallery import plt",
        "assert plt.subplots",
        "assert inspect.getsource(keras.wrappers)",
    )


def test_the_tuners_of_keras_tuner_have_what_they_need() -> None:
    after_start(
        "from keras_tuner.src.tuners import bayesian, sklearn_tuner",
        "assert bayesian.sklearn.gaussian_process.GaussianProcessRegressor",
        "assert bayesian.scipy.optimize.minimize",
        "assert sklearn_tuner.sklearn.pipeline.Pipeline and sklearn_tuner.pd.DataFrame",
    )


@pytest.mark.parametrize(
    "line",
    [
        "from sklearn.metrics import f1_score",
        "import sklearn.metrics; sklearn.metrics.f1_score",
        "from sklearn import metrics; metrics.f1_score",
        "import sklearn.model_selection; sklearn.model_selection.KFold",
        "from sklearn.gaussian_process.kernels import Matern",
        "from scipy.optimize._optimize import fmin",
        "import sklearn; sklearn.__version__; sklearn.clone",
        "from scipy import optimize, stats; optimize.minimize; stats.norm",
        "import importlib, sklearn; importlib.reload(sklearn).clone",
    ],
)
def test_any_part_may_be_the_first(line: str) -> None:
    after_start(line)


def test_no_part_runs_twice() -> None:
    after_start(
        "import pickle, sklearn",
        "from sklearn.gaussian_process.kernels import RBF",
        "from sklearn.model_selection._split import KFold",
        "from sklearn.base import clone",
        "import sklearn.gaussian_process as processes, sklearn.model_selection as selection",
        "assert selection.KFold is KFold and sklearn.clone is clone",
        "assert processes.kernels.RBF is RBF",
        "found = processes.GaussianProcessRegressor(RBF()).fit([[0.0], [1.0]], [0.0, 1.0])",
        "pickle.loads(pickle.dumps((KFold(), found)))",
        "assert sys.modules['sklearn.base'].__spec__.loader.get_source('sklearn.base')",
    )


def test_resources_of_a_package_are_found_once_it_has_run() -> None:
    after_start(
        "import importlib.resources, sklearn",
        "assert sklearn.clone",
        "assert any(importlib.resources.files('sklearn').iterdir())",
    )


def test_one_that_fails_says_why_each_time(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise ImportError('the real reason')\n")
    (tmp_path / "mending.py").write_text(
        "import sys\nsys.tries = getattr(sys, 'tries', 0) + 1\n1 / (sys.tries - 1)\nx = 5\n"
    )
    after_start(
        "from tuner.starting import late_imports",
        "late_imports.LATE |= {'broken', 'mending'}",
        f"sys.path.insert(0, {str(tmp_path)!r})",
        "import broken, mending",
        "for _ in range(2):",
        "    try: broken.x",
        "    except ImportError as error: assert 'the real reason' in str(error)",
        "    else: raise AssertionError",
        "try: mending.x",
        "except ZeroDivisionError: assert mending.x == 5",
    )


def test_threads_that_wait_for_each_other_go_on(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "part.py").write_text("x = 1\n")
    (tmp_path / "package" / "__init__.py").write_text(
        "import time; time.sleep(0.5)\nfrom package.part import x\n"
    )
    after_start(
        "import importlib, threading, time",
        "from tuner.starting import late_imports",
        "late_imports.LATE |= {'package'}; late_imports.PATIENCE = 2",
        f"sys.path.insert(0, {str(tmp_path)!r})",
        "import package",
        "ask = threading.Thread(target=lambda: package.x, daemon=True)",
        "load = lambda: importlib.import_module('package.part')",
        "part = threading.Thread(target=load, daemon=True)",
        "ask.start(); time.sleep(0.1); part.start(); ask.join(20); part.join(20)",
        "assert not ask.is_alive() and not part.is_alive()",
    )


def test_what_it_has_not_is_said_as_by_python() -> None:
    after_start(
        "import sklearn, scipy.optimize",
        "assert not hasattr(sklearn, 'nothing') and not hasattr(scipy.optimize, 'nothing')",
        "assert '__getattr__' not in vars(scipy.optimize)",
        "try: from sklearn import nothing",
        "except ImportError as error: assert 'nothing' in str(error)",
    )


def test_threads_that_ask_at_once_wait_for_each_other() -> None:
    after_start(
        "import scipy, threading",
        "found = []",
        "ask = lambda: found.append((scipy.optimize.minimize, scipy.optimize.root_scalar))",
        "threads = [threading.Thread(target=ask) for _ in range(8)]",
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]",
        "assert len(found) == 8",
    )


def test_each_is_imported_as_a_module() -> None:
    """Keras, KerasTuner and we still have them all: a name that is gone would be late in vain."""
    imported = ", ".join(f"{name!r}" for name in sorted(LATE))
    after_start(
        "import tuner.oracles.quasi_random",
        "from tuner.starting.late_imports import _LateLoader",
        f"late = [{imported}]",
        "lost = [n for n in late if not isinstance(sys.modules[n].__spec__.loader, _LateLoader)]",
        "assert not lost, lost",
    )
