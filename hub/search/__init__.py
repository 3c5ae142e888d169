"""Search in the log."""
