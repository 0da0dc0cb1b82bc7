"""What happened, as rows: one report per module."""
