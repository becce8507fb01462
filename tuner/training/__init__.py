"""How one trial trains."""
