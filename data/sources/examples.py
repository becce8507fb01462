"""What every source returns."""

import dataclasses

from data.split import Split


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Examples:
    """Raw examples, before the task is settled and the missing splits are drawn.

    Attributes:
        name: For people.
        splits: "train", and "validation" and "test" when the source has its own. `y` is as in the
            source: numbers, true/false or text.
        feature_names: A name for each column; empty for images.
        class_names: A name for each class, when the source knows better than the values of `y`.
        task: "classification" or "regression", when the source knows.
        image_shape: (height, width, channels) when `x` holds paths of images.
    """

    name: str
    splits: dict[str, Split]
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    task: str | None = None
    image_shape: tuple[int, int, int] | None = None
