"""What a search can start from, one file a kind; each is read into a `Source`."""
