"""A name becomes a checked file of weights: `find.py` is the way in, `file.py` the format."""
