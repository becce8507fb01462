"""What `predict.py` does: new examples in, a row of predictions for each out."""
