"""What all tests share."""

import torch
from hypothesis import settings

torch.set_num_threads(1)  # threads of small networks wait for each other longer than they work

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
