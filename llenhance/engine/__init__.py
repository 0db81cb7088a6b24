"""The same weights, executed fast: `compile_model` folds a trained network for enhancing alone.

`model/` is the readable truth, which training needs; the engine is tested equal to it.
"""

from llenhance.engine.engine import Encoded, Engine, compile_model

__all__ = ["Encoded", "Engine", "compile_model"]
