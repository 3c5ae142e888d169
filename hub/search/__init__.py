"""Search in the log: the index, the ranges it leaves to examine, and the examination of their messages."""
