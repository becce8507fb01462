"""From raw inputs to what a model takes: a Keras model, learned from training data."""
