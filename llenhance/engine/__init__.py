"""The same weights, executed fast: `compile_model` folds a trained network to enhance with it.

`model/` is the readable network that training uses; tests hold the engine equal to it.
"""
