"""A functional model with an input for each column of a table; diabetes as a .csv, --inputs raw."""

import keras
from keras import layers

COLUMNS = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def build_model(hp):
    inputs = {name: keras.Input(shape=(1,), name=name) for name in COLUMNS}
    person = layers.Concatenate()([inputs[name] for name in COLUMNS[:4]])
    blood = layers.Concatenate()([inputs[name] for name in COLUMNS[4:]])
    person = layers.BatchNormalization()(person)
    blood = layers.BatchNormalization()(blood)
    person = layers.Dense(hp.Int("person_units", 8, 32, step=8), activation="relu")(person)
    blood = layers.Dense(hp.Int("blood_units", 8, 32, step=8), activation="relu")(blood)
    outputs = layers.Dense(1)(layers.Concatenate()([person, blood]))
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")),
        loss="mse",
        metrics=["mae"],
    )
    return model
