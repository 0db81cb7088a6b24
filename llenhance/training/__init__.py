"""Training: `session.py` from folders to weights, `loop.py` the steps, `recipe.py` the numbers."""

from llenhance.training.loop import Budget
from llenhance.training.recipe import Recipe
from llenhance.training.session import Settings, run_session

__all__ = ["Budget", "Recipe", "Settings", "run_session"]
