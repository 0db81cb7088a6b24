"""What a refusal of weights has to be."""

from __future__ import annotations

from llenhance.errors import WeightsError


def is_a_sentence(error: WeightsError) -> bool:
    """Whether an error is told on one line, and ends the command with the code of weights."""
    return error.exit_code == 3 and "\n" not in str(error)
