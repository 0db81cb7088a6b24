"""Whole pictures through the engine: `plan.py` looks once, `tiled.py` renders tile by tile."""
