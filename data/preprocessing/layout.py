"""What stands where in a preprocessed example of a table."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Part:
    """Neighbouring positions of a preprocessed example that mean the same kind of thing.

    Attributes:
        kind: "numbers", features as they are; "category", the index of a category; or "words", the
            indices of a text's words, 0 after its end.
        start: The first position.
        length: How many positions.
        size: How many indices there are, 0 among them: that of categories, or 1 that of words, that
            training data did not have or had once; 0 for numbers.
    """

    kind: str
    start: int
    length: int
    size: int = 0


@dataclasses.dataclass(frozen=True)
class Layout:
    """The parts of a preprocessed example `(d,)`, in order; of an array or image there are none."""

    parts: tuple[Part, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether all of it are features as they are."""
        return all(part.kind == "numbers" for part in self.parts)

    @property
    def has_words(self) -> bool:
        """Whether there is a text."""
        return any(part.kind == "words" for part in self.parts)
