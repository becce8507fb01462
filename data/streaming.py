"""Batches for training, read and preprocessed while the previous batch trains."""

import keras
import tensorflow as tf

from data.images import decode
from data.split import Split


def stream(
    split: Split,
    preprocessing: keras.Model,
    image_shape: tuple[int, int, int] | None,
    batch_size: int,
    shuffle_seed: int | None,
) -> tf.data.Dataset:
    """Return batches of preprocessed `(x, y)`; see `Dataset.stream`."""
    examples = tf.data.Dataset.from_tensor_slices((split.x, split.y))
    if shuffle_seed is not None:
        examples = examples.shuffle(len(split), seed=shuffle_seed)

    if image_shape is None:
        examples = examples.batch(batch_size).map(
            lambda x, y: (preprocessing(x), y), num_parallel_calls=tf.data.AUTOTUNE
        )
    else:
        # Images differ in size until they are preprocessed: one by one, then in batches.
        channels = image_shape[-1]
        examples = examples.map(
            lambda path, y: (preprocessing(decode(path, channels)[tf.newaxis])[0], y),
            num_parallel_calls=tf.data.AUTOTUNE,
        ).batch(batch_size)
    return examples.prefetch(tf.data.AUTOTUNE)
