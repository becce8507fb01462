"""How long a training may be follows from the weight updates that it needs."""

import pytest

from tests.conftest import ROOT
from tuner.command_line.options import SearchOptions
from tuner.setup.preparation import prepare
from tuner.setup.training_length import steps_per_epoch, with_training_length


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs", "patience"),
    [
        (264, 32, 256, 32),  # 9 steps an epoch: as many epochs as are sensible
        (1_280, 32, 100, 12),  # 40 steps an epoch: 4,000 in all
        (60_000, 32, 30, 5),  # 1,875 steps an epoch: never fewer than 30
    ],
)
def test_epochs_follow_from_steps(
    examples: int, batch_size: int, epochs: int, patience: int
) -> None:
    options = with_training_length(SearchOptions(), steps_per_epoch(examples, batch_size))
    assert (options.max_epochs, options.patience) == (epochs, patience)


def test_what_is_given_stays_and_the_patience_follows_it() -> None:
    options = with_training_length(SearchOptions(max_epochs=8), steps_per_epoch(264, 32))
    assert (options.max_epochs, options.patience) == (8, 5)
    options = with_training_length(SearchOptions(patience=3), steps_per_epoch(264, 32))
    assert (options.max_epochs, options.patience) == (256, 3)


def test_a_search_says_epochs_and_steps_in_its_configuration() -> None:
    prepared = prepare(SearchOptions(dataset="wine", model="mlp", folds=0))
    config = prepared.config("python tune.py")
    steps = prepared.options.max_epochs * steps_per_epoch(len(prepared.dataset.train), 32)
    assert config["max_epochs"] == prepared.options.max_epochs == 256
    assert config["steps"] == prepared.steps == steps


def test_folds_train_on_more_examples() -> None:
    options = SearchOptions(dataset="digits", model="mlp", max_epochs=10)
    once, folds = prepare(options), prepare(options.updated({"folds": 10}))
    examples = len(once.dataset.train) + len(once.dataset.validation)
    assert folds.steps == 10 * steps_per_epoch(examples * 9 // 10, 32) > once.steps


def test_the_options_name_the_numbers_of_the_rule() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "as many as 4,000 weight updates take, 30 to 256" in readme
    assert "an eighth of --max-epochs, at least 5" in readme
