"""Counts and fields of the messages in the log."""
