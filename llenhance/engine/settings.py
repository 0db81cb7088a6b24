"""Settings by name: the device, the precision and the tile that a word on a command line means."""

from __future__ import annotations

from typing import Final, Literal

import torch

from llenhance.errors import UsageError
from llenhance.model.architecture import STRIDE

DTYPES: Final = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def choose_device(name: str) -> torch.device:
    """Return the device of a name; auto takes a GPU if there is one.

    Raises:
        UsageError: no such device.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as reason:
        remedy = "Use auto, cpu, cuda, cuda:N or mps"
        raise UsageError(f"device {name}", "is not a device", remedy) from reason
    present = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }.get(device.type, 0)
    if (device.index or 0) >= present:
        raise UsageError(f"device {name}", "is not on this machine", "Use auto or cpu")
    return device


def choose_precision(name: str, device: torch.device) -> str:
    """Return a key of `DTYPES`; auto takes bf16 where the device computes in it, else fp32.

    Raises:
        UsageError: unknown, or not for this device.
    """
    if name == "auto":
        return "bf16" if computes_in_bf16(device) else "fp32"
    if name not in DTYPES:
        raise UsageError(f"precision {name}", "is unknown", "Use auto, fp32, bf16 or fp16")
    if name == "fp16" and device.type == "cpu":
        raise UsageError("precision fp16", "needs a GPU", "Use bf16 or fp32 on a CPU")
    return name


def computes_in_bf16(device: torch.device) -> bool:
    """Return whether it multiplies bfloat16 faster than float32, not only somehow."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    can = torch.cpu.get_capabilities()
    return any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))  # x86, x86, Arm


def check_tile(tile: int | Literal["auto"]) -> None:
    """Refuse what is no largest side of a tile: pixels, 0 for the whole picture at once, or auto.

    Raises:
        UsageError: it is not a multiple of 8.
    """
    if tile != "auto" and (tile < 0 or tile % STRIDE):
        problem = f"is not a multiple of {STRIDE}"
        raise UsageError(f"tile {tile}", problem, "Use 512, say, or 0 for the whole picture")
