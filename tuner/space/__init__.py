"""Hyperparameters: kinds, ranges, scales, roles, and the unit cube that they make."""
