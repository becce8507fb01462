"""What is kept and shown of a search, all of it made from the history."""
