"""A base, partly unfrozen, that scales by itself; (n, 32, 32, 3) of 0 to 255, 3 classes one-hot."""

import keras
from keras import layers
from keras.applications import MobileNetV2
from keras.applications.mobilenet_v2 import preprocess_input

CLASSES = 3
WEIGHTS = None  # "imagenet" where there is a network

augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])


def build_model(hp):
    base = MobileNetV2(input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=WEIGHTS)
    base.trainable = hp.Boolean("fine_tune")
    if base.trainable:
        for layer in base.layers[: hp.Int("frozen_layers", 100, 150, step=10)]:
            layer.trainable = False

    inputs = keras.Input(shape=(32, 32, 3))
    x = augmentation(inputs)
    x = preprocess_input(x)
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(hp.Int("dense_units", 32, 128, step=32), activation="relu")(x)
    x = layers.Dropout(hp.Float("dropout", 0.2, 0.5, step=0.1))(x)
    outputs = layers.Dense(CLASSES, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("lr", 1e-5, 1e-2, sampling="log")),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
