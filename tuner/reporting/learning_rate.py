"""What a learning-rate range test leaves: a file of figures, a picture, and both in TensorBoard."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from tuner.reporting.pictures import png
from tuner.reporting.tensorboard import EventFolder
from tuner.storage.files import write_json, written_beside


def write_learning_rate(run: Path, found: dict[str, Any]) -> None:
    """Write ``learning_rate.json``, ``learning_rate.png`` and the picture for TensorBoard.

    Args:
        run: The run directory.
        found: As `RangeTest.as_dict` gives it.
    """
    write_json(run / "learning_rate.json", found)
    picture = png(learning_rate_picture(found))
    with written_beside(run / "learning_rate.png") as beside:
        beside.write_bytes(picture)
    events = EventFolder(run / "tensorboard" / "learning_rate")
    events.picture("learning_rate", picture)
    events.close()


def learning_rate_picture(found: dict[str, Any]) -> Figure:
    """Draw the loss against the learning rate, with the proposed rate and its range."""
    curve, rate = found["curve"], found["learning_rate"]
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(curve["learning_rate"], curve["loss"], color="0.75", label="loss of a step")
    axes.plot(curve["learning_rate"], curve["smoothed"], color="C0", linewidth=2, label="smoothed")
    if rate is not None:
        axes.axvspan(found["low"], found["high"], color="C2", alpha=0.15, label="range to search")
        axes.axvline(rate, color="C2", linestyle="--", label=f"proposed: {rate:g}")
    # Where it diverges, the loss would dwarf the rest.
    axes.set_ylim(top=1.2 * max(curve["smoothed"][0], *curve["loss"][:5]))
    axes.set(xscale="log", xlabel="learning rate", ylabel="training loss")
    axes.set_title("Learning-rate range test")
    axes.legend()
    return figure
