"""How data are asked to be read, where they do not say it themselves."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataOptions:
    """How data are asked to be read. Names of columns are those of the file.

    Attributes:
        target: The columns of a table to predict, of which all but the first are for further
            outputs of a model of one's own; the last column if empty.
        task: "classification", "regression", "multi-label", or "auto": see `data.targets.encoding`.
        kind: Whether three axes of an array are "series" or "images"; "auto": by their sizes.
        header: Whether the first line of a table names the columns: "yes", "no" or "auto".
        drop: Columns that are no features.
        numeric: Columns that are numbers, whatever they look like.
        categorical: Columns that are categories.
        text: Columns that are free text.
        dates: What a date such as 03/04/2024 begins with: "day-first", "month-first", or "auto":
            what all dates of its column allow.
        rare_classes: What becomes of classes with too few examples to divide: "refuse", "merge" or
            "leave-out".
        validation: A file with the validation split.
        test: A file with the test split.
        groups: The column whose rows with the same value stay in one split.
        time: The column that orders the rows: the latest are the test split.
    """

    target: tuple[str, ...] = ()
    task: str = "auto"
    kind: str = "auto"
    header: str = "auto"
    drop: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    dates: str = "auto"
    rare_classes: str = "refuse"
    validation: str | None = None
    test: str | None = None
    groups: str | None = None
    time: str | None = None
