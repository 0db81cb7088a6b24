"""What processes do in `test_peers.py`: in a module of its own, for the processes import it."""

from __future__ import annotations

import os

import torch

from llenhance.training.peers import Peers

EXPECTED = ([0.5, 0.5, 0.5], [0.0, 0.0], [7.0, 7.0], 100.0)


def steps(peers: Peers) -> tuple[list[float], list[float], list[float], float]:
    """Return gradients, those of a parameter that is not used, values and a clock."""
    parameter = torch.nn.Parameter(torch.zeros(3))
    unused = torch.nn.Parameter(torch.zeros(2))
    parameter.grad = torch.full((3,), float(peers.rank))
    peers.average_gradients([parameter, unused])
    assert unused.grad is not None
    value = torch.nn.Parameter(torch.full((2,), float(7 + peers.rank)))
    peers.follow_first([value])
    clock = peers.agree(100.0 + peers.rank)
    return parameter.grad.tolist(), unused.grad.tolist(), value.tolist(), clock


def share_of(peers: Peers, *, right: bool) -> float:
    """Return how many of the processes say that it is right, 0 to 1."""
    vote = torch.nn.Parameter(torch.zeros(1))
    vote.grad = torch.full((1,), float(right))
    peers.average_gradients([vote])
    return float(vote.grad.item())


def work_and_die(peers: Peers) -> None:
    """Take the steps, then be lost to the others, as a process that the system has killed is."""
    share_of(peers, right=steps(peers) == EXPECTED)
    os._exit(9)
