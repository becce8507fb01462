"""The search: oracles suggest, executors train, the journal remembers, reporters show."""
