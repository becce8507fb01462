"""What `train.py` does: choose values, train them again, test once, ship the model."""
