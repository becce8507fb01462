"""Embedding, a choice of recurrent layers; padded word numbers (n, 20) below 200, label 0 or 1."""

import tensorflow as tf
from tensorflow.keras import layers

VOCABULARY_SIZE = 200
MAX_LENGTH = 20


def build_model(hp):
    words = layers.Input(shape=(MAX_LENGTH,), dtype="int32")
    x = layers.Embedding(
        input_dim=VOCABULARY_SIZE,
        output_dim=hp.Choice("embedding_dim", [8, 16, 32]),
        mask_zero=True,
    )(words)
    x = layers.SpatialDropout1D(hp.Float("spatial_dropout", 0.0, 0.4, step=0.1))(x)
    cell = {"lstm": layers.LSTM, "gru": layers.GRU}[hp.Choice("cell", ["lstm", "gru"])]
    units = hp.Int("rnn_units", min_value=8, max_value=32, step=8)
    x = layers.Bidirectional(cell(units), merge_mode=hp.Choice("merge_mode", ["concat", "sum"]))(x)
    for i in range(hp.Int("dense_layers", 0, 2)):
        x = layers.Dense(hp.Int(f"dense_units_{i}", 8, 32, step=8), activation="relu")(x)
    label = layers.Dense(1, activation="sigmoid")(x)

    model = tf.keras.Model(words, label)
    model.compile(
        optimizer=tf.keras.optimizers.Adam(hp.Choice("learning_rate", [1e-2, 1e-3, 1e-4])),
        loss="binary_crossentropy",
        metrics=["accuracy", tf.keras.metrics.Precision(), tf.keras.metrics.Recall()],
    )
    return model
