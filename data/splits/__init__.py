"""Which examples are for training, validation and test: drawn, folds, or files of their own."""
