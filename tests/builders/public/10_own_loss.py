"""A loss and an eager NumPy metric as functions; rows (n, 20), a return whose sign is the class."""

import numpy as np
import tensorflow as tf


def build_model(hp):
    model = tf.keras.Sequential()
    model.add(tf.keras.layers.Input(shape=(20,)))
    for i in range(hp.Int("num_layers", 1, 5)):
        units = hp.Int("units_" + str(i), min_value=16, max_value=128, step=16)
        model.add(tf.keras.layers.Dense(units=units, activation="relu"))
        model.add(tf.keras.layers.Dropout(hp.Float("dropout_" + str(i), 0, 0.3, step=0.1)))
    model.add(tf.keras.layers.Dense(units=1, activation="sigmoid"))
    model.compile(
        optimizer=tf.keras.optimizers.Adam(hp.Choice("learning_rate", [1e-1, 1e-2, 1e-3, 1e-4])),
        loss=direction_crossentropy,
        metrics=[share_of_gain],
        run_eagerly=True,
    )
    return model


def direction_crossentropy(y_true, y_pred):
    up = (tf.sign(y_true) + 1) / 2
    return tf.keras.losses.binary_crossentropy(up, y_pred)


def share_of_gain(y_true, y_pred):
    returns = y_true.numpy().flatten()
    right = np.sign(returns) == np.sign(y_pred.numpy().flatten() - 0.5)
    return np.sum(np.abs(returns) * right) / np.sum(np.abs(returns))
