"""A HyperModel with a training loop of its own, which calls the callbacks; --dataset diabetes.

The model is not compiled. Objective: my_metric, smaller is better.
"""

import keras
import keras_tuner
import tensorflow as tf


class LoopHyperModel(keras_tuner.HyperModel):
    def build(self, hp):
        inputs = keras.Input(shape=(10,))
        x = keras.layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu")(inputs)
        return keras.Model(inputs, keras.layers.Dense(1)(x))

    def fit(self, hp, model, x, y, validation_data, callbacks=None, epochs=1, **kwargs):
        batch_size = hp.Int("batch_size", 16, 64, step=16)
        train = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(batch_size)
        validation = tf.data.Dataset.from_tensor_slices(validation_data).batch(batch_size)
        optimizer = keras.optimizers.Adam(hp.Float("learning_rate", 1e-4, 1e-2, sampling="log"))
        loss_function = keras.losses.MeanSquaredError()
        mean = keras.metrics.Mean()

        @tf.function
        def train_step(inputs, targets):
            with tf.GradientTape() as tape:
                loss = loss_function(targets, model(inputs, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

        @tf.function
        def validation_step(inputs, targets):
            mean.update_state(loss_function(targets, model(inputs, training=False)))

        for callback in callbacks or []:
            callback.set_model(model)

        best = float("inf")
        for epoch in range(epochs):
            for inputs, targets in train:
                train_step(inputs, targets)
            mean.reset_state()
            for inputs, targets in validation:
                validation_step(inputs, targets)
            value = float(mean.result())
            for callback in callbacks or []:
                callback.on_epoch_end(epoch, logs={"my_metric": value})
            best = min(best, value)
        return best
