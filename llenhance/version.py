"""The version of llenhance."""

__version__ = "0.1.0"
