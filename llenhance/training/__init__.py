"""Training, from folders of pictures to a weights file.

`session.py` is a whole run, `loop.py` its steps, `recipe.py` the numbers that decide the result.
"""

from llenhance.training.loop import Budget
from llenhance.training.recipe import Recipe
from llenhance.training.session import run_session
from llenhance.training.settings import Settings

__all__ = ["Budget", "Recipe", "Settings", "run_session"]
