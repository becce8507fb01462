"""Trackers of others (`--track`): told by processes of their own, which follow the journal."""
