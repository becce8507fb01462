"""LSTMs in a loop, no input shape, num_layers in two ranges; windows (n, 12, 1), the next value."""

from tensorflow.keras.layers import LSTM, Dense, Dropout
from tensorflow.keras.models import Sequential


def build_lstm(hp):
    model = Sequential()
    for i in range(hp.Int("num_layers", 1, 4)):
        last = i == hp.Int("num_layers", 1, 3) - 1
        units = hp.Int(f"units_{i}", min_value=8, max_value=32, step=8)
        model.add(LSTM(units=units, return_sequences=not last))
        model.add(Dropout(rate=hp.Float(f"dropout_{i}", min_value=0.0, max_value=0.5, step=0.1)))
    model.add(Dense(units=1))
    model.compile(optimizer=hp.Choice("optimizer", ["adam", "rmsprop"]), loss="mean_squared_error")
    return model
