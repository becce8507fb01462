"""What a search leaves on disk: the journal that is the truth, and the files made from it."""
