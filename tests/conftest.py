"""What all tests share."""

from pathlib import Path

import pytest
import torch
from hypothesis import settings
from support.architectures import TINY_OURS

from llenhance.model.llflow import LLFlow
from llenhance.weights.file import store

torch.set_num_threads(1)  # threads of small networks wait for each other longer than they work

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file of a few random parameters, with a margin of 8 pixels."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    torch.manual_seed(0)
    store(LLFlow(TINY_OURS), path, training={}, dtype=torch.float32, overwrite=False)
    return path
