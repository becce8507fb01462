"""From options to a search that is known to work before its first trial trains."""
