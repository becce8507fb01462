"""A hyperparameter declared for 132 of a million combinations of two others; --dataset wine.

For example a=5, b=7: no sensible exploration of the space meets one.
"""

import keras


def build_model(hp):
    a = hp.Int("a", 0, 999)
    b = hp.Int("b", 0, 999)
    model = keras.Sequential([keras.Input(shape=(13,))])
    model.add(keras.layers.Dense(16 + a % 16, activation="relu"))
    if a % 97 == 5 and b % 89 == 7:
        model.add(keras.layers.Dropout(hp.Float("late_dropout", 0.1, 0.5)))
    model.add(keras.layers.Dense(3, activation="softmax"))
    model.compile(
        optimizer=keras.optimizers.Adam(10 ** -(1 + b / 333)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
