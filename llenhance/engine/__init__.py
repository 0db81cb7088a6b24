"""The same weights, executed fast: `compile_model` folds a trained network for enhancing alone.

`model/` is the readable truth, which training needs; the engine is tested equal to it.
"""
