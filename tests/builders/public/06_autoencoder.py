"""Encoder and decoder, names with spaces, from 0 layers up; rows (n, 20), their own targets."""

from tensorflow.keras import Input, Model, layers, regularizers

FEATURES = 20
ENCODED = 3


def block(hp, x, name):
    count = hp.Int(f"layers {name}", min_value=0, max_value=3, step=1)
    penalty = hp.Float(
        f"kernel_regularizer {name}", min_value=1e-12, max_value=1e-1, sampling="log"
    )
    for i in range(count):
        units = hp.Int(f"{name} units L{i + 1}", min_value=8, max_value=32, step=8)
        regularizer = regularizers.l2(penalty)
        x = layers.Dense(units, kernel_regularizer=regularizer, activation="relu")(x)
    return x


def build_autoencoder(hp):
    inputs = Input(shape=(FEATURES,))
    code = layers.Dense(ENCODED, name="encoder_output")(block(hp, inputs, "encoder"))
    outputs = layers.Dense(FEATURES, name="decoder_output")(block(hp, code, "decoder"))
    model = Model(inputs, outputs, name="autoencoder")
    model.compile(optimizer=hp.Choice("optimizer", ["adam", "sgd", "adagrad"]), loss="mse")
    return model
