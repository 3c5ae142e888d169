"""The installed package. `app/` beside this file holds the files of the clone, unchanged."""
