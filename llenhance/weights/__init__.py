"""A name becomes a checked weights file: start at `find.py`. `file.py` is the format."""
