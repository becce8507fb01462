"""A dataset: raw examples in three splits, and what every consumer asks about them."""

from __future__ import annotations

import dataclasses
import math
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from data.columns import Column, columns_of, packed
from data.errors import InputError
from data.fingerprint import digest
from data.form import SHIPPED, Form
from data.preprocessing.layout import Layout
from data.split import Inputs, Split
from data.splits.folds import fold_indices
from data.targets.encoding import Targets

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from data.pixels import Pixels

# Up to this size preprocessed examples are kept in memory; anything larger is streamed.
IN_MEMORY_BYTES = 1024**3


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Raw examples in three splits, and the preprocessing learned from the training split.

    The raw `x` of a split is an array `(n, d)` or `(n, height, width, channels)`, an array of
    paths of images, or a table of columns. `y` is int32 class indices for classification, float32
    `(n,)` or `(n, values)` for regression, float32 `(n, labels)` of 0 and 1 for multi-label.

    A dataset pickles without TensorFlow: a worker process learns the preprocessing again.

    Attributes:
        name: For people: "digits", or the name of the file or folder.
        task: "classification", "regression" or "multi-label".
        train: What weights and preprocessing are learned from.
        validation: What trials are compared on.
        test: What is left for one look at the end.
        feature_names: A name for each column; empty for images.
        class_names: A name for each class index, or for each label; empty for regression.
        seed: What the splits were drawn with.
        fingerprint: A hex digest of all of this but the name.
        image_shape: (height, width, channels) when `x` holds paths of images, else `None`.
        pixels: These images, if they have been read and resized; see `with_pixels`.
        form: What the model takes; "preprocessed" below is what is ready for it.
        more_targets: What further targets are, by name.
        class_weight: "balanced" when classes count alike in training, however many examples they
            have: see `weights`.
        columns: What the columns of a table were taken for; those that are left out, too. Where a
            source does not say it, their data types do.
        target: What people call the target: the name of its column.
        notes: Sentences on what was noticed or decided in reading, for people.
        own_validation: Whether the source, or a file of its own, says what is for validation.
    """

    name: str
    task: str
    train: Split
    validation: Split
    test: Split
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    seed: int
    fingerprint: str = ""
    image_shape: tuple[int, int, int] | None = None
    pixels: Pixels | None = None
    form: Form = SHIPPED
    more_targets: dict[str, Targets] = dataclasses.field(default_factory=dict)
    class_weight: str | None = None
    columns: tuple[Column, ...] = ()
    target: str = ""
    notes: tuple[str, ...] = ()
    own_validation: bool = False

    def __getitem__(self, split_name: str) -> Split:
        """Return the raw split "train", "validation" or "test"."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[split_name]

    @property
    def num_classes(self) -> int:
        """The number of classes or labels; 0 for regression."""
        return len(self.class_names)

    def weights(self, split_name: str) -> np.ndarray | None:
        """Return how much each example of a split counts in the loss, float32 `(n,)`; None: alike.

        That is the weight that it has from its source, and in training, where classes are balanced,
        times n / (classes * examples of its class).
        """
        split = self[split_name]
        if self.class_weight is None or split_name != "train":
            return split.weights
        from sklearn.utils.class_weight import compute_sample_weight

        weights = compute_sample_weight(self.class_weight, split.y).astype(np.float32)
        return weights if split.weights is None else weights * split.weights

    @property
    def preprocessing(self) -> keras.Model:
        """The Keras model from raw inputs to float32 `(n, *input_shape)`, or to raw ones.

        Its statistics and vocabularies come from the training split alone. It takes a table packed,
        see `data.columns.packed`.
        """
        return self._preprocessing[0]

    @property
    def layout(self) -> Layout:
        """What stands where in a preprocessed example of a table."""
        return self._preprocessing[1]

    @cached_property
    def _preprocessing(self) -> tuple[keras.Model, Layout]:
        from data.preprocessing.arrays import learn_preprocessing, no_preprocessing, reshaped

        inputs, layout = self._inputs(self.train), Layout()
        if self.form.raw:
            learned = no_preprocessing(inputs, self.image_shape)
        elif isinstance(inputs, dict):
            from data.preprocessing.packed_tables import learn_table

            learned, layout = learn_table(inputs, self.table_columns, self.form.indices)
        else:
            learned = learn_preprocessing(inputs, self.image_shape)
        return reshaped(learned, self.form.input_shape), layout

    @property
    def table_columns(self) -> tuple[Column, ...]:
        """The columns of a table that models take; none for anything else."""
        x = self.train.x
        columns = self.columns or (columns_of(x) if isinstance(x, dict) else ())
        return tuple(column for column in columns if isinstance(x, dict) and column.is_input)

    def _inputs(self, split: Split) -> Inputs:
        """Return the inputs of a raw split as the preprocessing takes them."""
        if isinstance(split.x, dict) and not self.form.raw:
            return packed(split.x, self.table_columns)
        inputs = self.form.inputs(split.x, self.feature_names)
        if self.image_shape is not None:  # TensorFlow's texts are UTF-8, names of files any bytes.
            return np.array([os.fsencode(path) for path in inputs])
        return inputs

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one preprocessed example; where columns go by name, how many they are."""
        output = self.preprocessing.output
        return (len(output),) if isinstance(output, dict) else tuple(output.shape[1:])

    @property
    def in_memory(self) -> bool:
        """Whether the preprocessed examples fit in memory; if not, only `stream` them."""
        return self.preprocessed_bytes <= IN_MEMORY_BYTES

    @property
    def preprocessed_bytes(self) -> int:
        """The memory that all preprocessed examples take or would take, in bytes."""
        examples = len(self.train) + len(self.validation) + len(self.test)
        float32 = 4
        return examples * math.prod(self.input_shape) * float32

    def preprocessed(self, split_name: str) -> Split:
        """Return the preprocessed examples of "train", "validation" or "test", computed once.

        Returns:
            `x` float32 of shape `(n, *input_shape)`, `y` as in the raw split, unless the model's
            form says otherwise, and `weights`.
        """
        if split_name not in self._preprocessed:
            self._preprocessed[split_name] = self._in_form(self[split_name], split_name)
        return self._preprocessed[split_name]

    def _in_form(self, raw: Split, split_name: str) -> Split:
        y = self._targets(raw)
        if self.form.raw and isinstance(inputs := self._inputs(raw), dict):
            return Split(inputs, y, self.weights(split_name))
        size = 1024
        x = np.empty((len(raw), *self.input_shape), self.preprocessing.output.dtype)
        for i, (batch, *_) in enumerate(self.stream(split_name, size)):
            x[i * size : (i + 1) * size] = batch
        return Split(x, y, self.weights(split_name))

    def _targets(self, split: Split) -> Any:
        """Return the targets of a raw split as the model takes them."""
        told = {None: (split.y, self.num_classes)} | {
            name: (split.more[name], len(one.class_names))
            for name, one in self.more_targets.items()
        }
        ready = {name: self.form.target(*one) for name, one in told.items()}
        outputs = {name: ready.get(name, ready[None]) for name in self.form.outputs}
        return outputs or ready[None]

    @cached_property
    def _preprocessed(self) -> dict[str, Split]:
        return {}

    def stream(
        self, split_name: str, batch_size: int, shuffle_seed: int | None = None
    ) -> tf.data.Dataset:
        """Return batches of preprocessed `(x, y)`, or `(x, y, weights)` where examples have some.

        They are read and preprocessed while training runs.

        Args:
            split_name: "train", "validation" or "test".
            batch_size: Examples in a batch; the last one may be smaller.
            shuffle_seed: Together with TensorFlow's own seed it decides the order, which is
                another one in each epoch. `None` keeps the order of the split.
        """
        import tensorflow as tf

        from data.images import decode
        from data.rows_in_pipeline import rows_in_pipeline

        split, preprocessing, pixels = self[split_name], self.preprocessing, self.pixels
        x = self._inputs(split) if pixels is None else pixels.places_of(np.asarray(split.x))
        ready = Split(x, self._targets(split), self.weights(split_name))
        arrays = tf.nest.map_structure(rows_in_pipeline, ready.arrays)
        images = None if pixels is None else rows_in_pipeline(pixels.array)

        def taken(rows: tf.Tensor) -> Any:
            return tf.nest.map_structure(lambda take: take(rows), arrays)

        # Their numbers are shuffled, not the examples: a buffer of these would be a copy of all.
        rows = tf.data.Dataset.range(len(split))
        if shuffle_seed is not None:
            rows = rows.shuffle(len(split), seed=shuffle_seed)

        # Nothing here is for AutoGraph, which takes longer to find that out than to trace it.
        if self.image_shape is None or images is not None:

            @tf.autograph.experimental.do_not_convert
            def ready_batch(rows: tf.Tensor) -> Any:
                x, *rest = taken(rows)
                return (preprocessing(x if images is None else images(x)), *rest)

            examples = rows.batch(batch_size).map(ready_batch, num_parallel_calls=tf.data.AUTOTUNE)
        else:
            # Images differ in size until they are preprocessed: one by one, then in batches.
            channels = self.image_shape[-1]

            @tf.autograph.experimental.do_not_convert
            def read(row: tf.Tensor) -> Any:
                path, *rest = taken(row)
                return (preprocessing(decode(path, channels)[tf.newaxis])[0], *rest)

            examples = rows.map(read, num_parallel_calls=tf.data.AUTOTUNE).batch(batch_size)
        return examples.prefetch(tf.data.AUTOTUNE)

    def with_pixels(self, *folders: str) -> Dataset:
        """Return a dataset that has read and resized the images of its files, for all epochs.

        It has not where disks have no room, those of `folders`, too: copies may come to be there.
        """
        if self.image_shape is None:
            return self
        from data.pixels import read_pixels

        paths = np.concatenate([split.x for split in (self.train, self.validation, self.test)])
        return dataclasses.replace(self, pixels=read_pixels(paths, self.image_shape, folders))

    def fold(self, k: int, folds: int, repeats: int = 1) -> Dataset:
        """Return fold `k` of a cross-validation over train and validation together.

        Each fold is a dataset of its own, with preprocessing learned from its own training part.
        The test split stays as it is. Groups stay in one piece, and times in order.

        Args:
            k: Which fold, from 0 to `folds * repeats - 1`.
            folds: Into how many parts the examples are divided, at least 2.
            repeats: How often they are divided, each time in another way, all drawn with `seed`.

        Raises:
            InputError: A class has fewer examples than there are folds, or groups or times cannot
                be divided so; or the source keeps validation apart, and says not by what.
        """
        both = self.train.join(self.validation)
        if self.own_validation and both.groups is None and both.time is None:
            raise InputError(
                f"Expected training and validation examples that may be mixed, but {self.name} has "
                "validation examples of its own, kept apart perhaps by patient or by date, which "
                "--folds would undo: say by what (--groups COLUMN, --time COLUMN), or leave out "
                "--folds or, where it is given, --validation."
            )
        strata = self.class_names if self.task == "classification" else ()
        train, validation = fold_indices(both, strata, k, folds, self.seed, repeats)
        return dataclasses.replace(
            self,
            train=both.take(train),
            validation=both.take(validation),
            fingerprint=digest(self.fingerprint, k, folds, self.seed),
        )

    def with_validation_in_training(self) -> Dataset:
        """Return a dataset that trains on its validation split, too; that measures nothing then.

        Preprocessing is learned from both. The test split stays as it is.
        """
        return dataclasses.replace(
            self,
            train=self.train.join(self.validation),
            fingerprint=digest(self.fingerprint, "with validation"),
        )

    def __getstate__(self) -> dict[str, Any]:
        # Without what is cached: Keras models and copies of the data.
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
