"""One picture, then many: `task.py`, and the loops around it."""
