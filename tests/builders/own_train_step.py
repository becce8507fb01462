"""A subclass of keras.Model with its own train_step, registered for saving; --dataset wine."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="own_train_step")
class NoisyModel(keras.Model):
    """Trains on inputs with noise, validates on inputs without."""

    def __init__(self, units, noise, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.noise = noise
        self.hidden = keras.layers.Dense(units, activation="relu")
        self.head = keras.layers.Dense(3, activation="softmax")

    def call(self, inputs):
        return self.head(self.hidden(inputs))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            noisy = x + self.noise * tf.random.normal(tf.shape(x))
            y_pred = self(noisy, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}

    def get_config(self):
        return {**super().get_config(), "units": self.units, "noise": self.noise}


def build_model(hp):
    model = NoisyModel(hp.Int("units", 8, 64, step=8), hp.Float("noise", 0.0, 0.5, step=0.1))
    model(tf.zeros((1, 13)))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Choice("learning_rate", [1e-1, 1e-2, 1e-3])),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
