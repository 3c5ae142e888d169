"""Finding what was said long ago: which rows may match (candidates), what narrows them (index), and the reading."""
