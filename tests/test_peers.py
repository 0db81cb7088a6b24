"""Several processes take the same steps on parts of a batch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

AGREEING = """
import torch
from llenhance.training.peers import Peers, together

def work(peers: Peers) -> None:
    parameter = torch.nn.Parameter(torch.zeros(3))
    unused = torch.nn.Parameter(torch.zeros(2))
    parameter.grad = torch.full((3,), float(peers.rank))
    peers.average_gradients([parameter, unused])
    value = torch.nn.Parameter(torch.full((2,), float(7 + peers.rank)))
    peers.follow_first([value])
    clock = peers.agree(100.0 + peers.rank)
    found = (parameter.grad.tolist(), unused.grad.tolist(), value.tolist(), clock)
    assert found == ([0.5, 0.5, 0.5], [0.0, 0.0], [7.0, 7.0], 100.0), found

if __name__ == "__main__":
    with together(2, work) as peers:
        work(peers)
    print("all agree")
"""

DYING = """
import os
from llenhance.errors import TrainingError
from llenhance.training.peers import Peers, together

def work(peers: Peers) -> None:
    peers.agree(1.0)
    if peers.rank == 1:
        os._exit(9)
    peers.agree(2.0)
    peers.agree(3.0)

if __name__ == "__main__":
    try:
        with together(2, work) as peers:
            work(peers)
    except TrainingError as error:
        print(error)
"""


@pytest.mark.parametrize(
    ("script", "said"),
    [(AGREEING, "all agree"), (DYING, "one of its processes stopped before the end")],
    ids=["two processes have the same gradients, values and clock", "a lost process is told"],
)
def test_processes(script: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(script)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120)
    assert said in done.stdout, done.stderr
