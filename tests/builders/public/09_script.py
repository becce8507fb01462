"""A script that reads customers.csv (8 numbers, churn 0 or 1); its Tuner has a batch size."""

import keras_tuner as kt
import pandas as pd
from tensorflow import keras

table = pd.read_csv("customers.csv")
features = table.drop(columns="churn")
target = table["churn"]


def build_model(hp):
    model = keras.Sequential()
    model.add(
        keras.layers.Dense(
            hp.Int("first_units", 8, 64, step=8), activation="relu", input_dim=features.shape[1]
        )
    )
    if hp.Boolean("batch_norm"):
        model.add(keras.layers.BatchNormalization())
    for i in range(hp.Int("hidden", 0, 2)):
        model.add(keras.layers.Dense(hp.Choice(f"hidden_{i}", [8, 16, 32]), activation="relu"))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(
        optimizer=hp.Choice("optimizer", ["adam", "sgd", "rmsprop"]),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


class BatchSizeTuner(kt.RandomSearch):
    def run_trial(self, trial, *args, **kwargs):
        kwargs["batch_size"] = trial.hyperparameters.Int("batch_size", 16, 64, step=16)
        kwargs["epochs"] = trial.hyperparameters.Int("epochs", 2, 4)
        return super().run_trial(trial, *args, **kwargs)


if __name__ == "__main__":
    tuner = BatchSizeTuner(build_model, objective="val_accuracy", max_trials=5)
    tuner.search(features, target, validation_split=0.2)
    tuner.results_summary()
