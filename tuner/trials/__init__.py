"""A trial, how it ended, all of them together, the record of a search. No TensorFlow."""
