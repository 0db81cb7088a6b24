"""What a process keeps of the machine's memory, and how its threads wait."""

from __future__ import annotations

import platform

import pytest
from support.runners import ENVIRONMENT, program

# Blocks of 50 MB, as results of layers: taken, filled and freed, one after the other.
WORK = """
import resource
import numpy as np
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(50_000_000, np.uint8)
before = faults()
for _ in range(5):
    np.ones(50_000_000, np.uint8)
print(faults() - before)
"""


def said(text: str) -> str:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != "OMP_WAIT_POLICY"}
    return program(text, environment=environment, check=True).stdout.strip()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that is told")
def test_freed_memory_is_kept_once_prepared() -> None:
    prepared = "from llenhance.process import prepare\nprepare()\n"
    assert int(said(WORK)) > 1000  # pages that the system filled with zeros
    assert int(said(prepared + WORK)) < 100


def test_what_the_user_says_of_waiting_threads_stays() -> None:
    start = "import os\nfrom llenhance.process import prepare\n"
    chosen = "os.environ['OMP_WAIT_POLICY'] = 'ACTIVE'\n"
    end = "prepare()\nprint(os.environ['OMP_WAIT_POLICY'])"
    assert said(start + end) == "PASSIVE"
    assert said(start + chosen + end) == "ACTIVE"
