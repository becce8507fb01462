"""``report.html``: one file that says what a search found, made from its record alone."""
