"""HyperXception, an instance; images (n, 16, 16, 3) of 0 to 1, 4 classes one-hot."""

from keras_tuner.applications import HyperXception

hypermodel = HyperXception(input_shape=(16, 16, 3), classes=4)
