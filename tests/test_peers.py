"""Two processes take the same steps on parts of a batch, until one of them is lost."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from support.teamwork import EXPECTED, share_of, steps, work_and_die

from llenhance.errors import TrainingError
from llenhance.training.peers import together


class Seen(NamedTuple):
    """What became of two processes.

    Attributes:
        found: values of the first process.
        share: of the processes that found the right ones.
        error: that told the first of the loss of the second.
    """

    found: object
    share: float
    error: TrainingError | None


@pytest.fixture(scope="module")
def seen() -> Seen:
    """One life of two processes: starting one takes seconds."""
    found, share, error = None, 0.0, None
    try:
        with together(2, work_and_die) as peers:
            found = steps(peers)
            share = share_of(peers, right=found == EXPECTED)
            peers.agree(1.0)
            peers.agree(2.0)
    except TrainingError as lost:
        error = lost
    return Seen(found, share, error)


def test_two_processes_have_the_same_gradients_values_and_clock(seen: Seen) -> None:
    assert seen.found == EXPECTED
    assert seen.share == 1


def test_a_lost_process_is_told(seen: Seen) -> None:
    assert "one of its processes stopped before the end" in str(seen.error)
