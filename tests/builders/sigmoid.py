"""Two classes in one sigmoid, with binary_crossentropy and AUC; --dataset breast_cancer."""

import keras


def build_model(hp):
    model = keras.Sequential()
    model.add(keras.Input(shape=(30,)))
    model.add(keras.layers.Dense(hp.Int("units", 8, 64, step=8), activation="relu"))
    model.add(keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1)))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Choice("learning_rate", [1e-2, 1e-3, 1e-4])),
        loss="binary_crossentropy",
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
    )
    return model
