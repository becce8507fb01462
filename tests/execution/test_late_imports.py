"""What is imported late is there as soon as it is asked for, whoever asks, and in any order."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tuner.execution.late_imports import LATE

START = """
import sys
from tuner.execution.quiet import import_tensorflow
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
    """Keras and KerasTuner still have them all: a name that is gone would be late in vain."""
    imported = ", ".join(f"{name!r}" for name in sorted(LATE))
    after_start(
        "from tuner.execution.late_imports import _LateLoader",
        f"late = [{imported}]",
        "lost = [n for n in late if not isinstance(sys.modules[n].__spec__.loader, _LateLoader)]",
        "assert not lost, lost",
    )
