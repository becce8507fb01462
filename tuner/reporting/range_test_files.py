"""What a learning-rate range test leaves: a file of figures, a picture, and both in TensorBoard."""

from pathlib import Path
from typing import Any

from tuner.reporting.predictions import png
from tuner.reporting.report.theme import theme
from tuner.reporting.report.trainings import range_test
from tuner.reporting.tensorboard import EventFolder
from tuner.storage.files import write_json, written_beside


def write_learning_rate(run: Path, found: dict[str, Any]) -> None:
    """Write ``learning_rate.json``, which is what was found, its picture, and for TensorBoard."""
    write_json(run / "learning_rate.json", found)
    with theme():
        figure = range_test(found)
        figure.set(facecolor="white", dpi=150)
        picture = png(figure)
    with written_beside(run / "learning_rate.png") as beside:
        beside.write_bytes(picture)
    events = EventFolder(run / "tensorboard" / "learning_rate")
    events.picture("learning_rate", picture)
    events.close()
