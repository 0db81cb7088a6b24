"""What all tests share: threads of small networks wait for each other longer than they work."""

import torch

torch.set_num_threads(1)
