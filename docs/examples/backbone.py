"""Transfer learning: a pretrained network gets a new head; then its last layers train, too.

    python tune.py --model docs/examples/backbone.py:Backbone --dataset photos --inputs raw

`photos` has a folder of colour images for each class. ImageNet's weights are downloaded once, into
``~/.keras``. Both phases are one trial, so the search tunes them together.
"""

import keras
import keras_tuner
from keras import layers


class Backbone(keras_tuner.HyperModel):
    """MobileNetV2 with a new head. The data give the size of images and the number of classes."""

    weights = "imagenet"

    def __init__(self, input_shape, num_classes):
        super().__init__()
        self.input_shape = input_shape
        self.num_classes = num_classes

    def build(self, hp):
        """Return the model of the first phase: all of the backbone is frozen."""
        backbone = keras.applications.MobileNetV2(
            input_shape=self.input_shape, include_top=False, weights=self.weights, name="backbone"
        )
        backbone.trainable = False

        inputs = keras.Input(self.input_shape)
        # As mobilenet_v2.preprocess_input, 0..255 to -1..1; as a layer it is saved with the model.
        x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
        # Batch normalization keeps to the statistics that it has learned, when it is unfrozen, too.
        x = backbone(x, training=False)
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1))(x)
        outputs = layers.Dense(self.num_classes, activation="softmax")(x)

        model = keras.Model(inputs, outputs)
        return compiled(model, hp.Float("head_rate", 1e-4, 1e-2, sampling="log", default=1e-3))

    def fit(self, hp, model, *args, epochs=1, **kwargs):
        """Train the head for a fifth of the epochs, then the last layers of the backbone, too."""
        # Declared before anything trains, so that every trial has them.
        frozen = hp.Int("frozen_layers", 100, 150, step=10, default=130)  # Of 154.
        rate = hp.Float("fine_tuning_rate", 1e-6, 1e-4, sampling="log", default=1e-5)

        # The callbacks are among kwargs, and so are validation data: both phases have them.
        head_epochs = max(1, epochs // 5)
        history = model.fit(*args, epochs=head_epochs, **kwargs)
        if model.stop_training:  # --patience or a pruner has ended the trial.
            return history

        backbone = model.get_layer("backbone")
        backbone.trainable = True
        for layer in backbone.layers[:frozen]:
            layer.trainable = False
        # What is trainable counts from when a model is compiled.
        compiled(model, rate)
        return model.fit(*args, initial_epoch=head_epochs, epochs=epochs, **kwargs)


def compiled(model, learning_rate):
    """Return the model, made ready to train at this rate."""
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
