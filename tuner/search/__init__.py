"""The loop of a search, and what it decides: pruning, folds, checkpoints, budget."""
