"""The JSON of every command, as types: `document.py` is the way in."""
