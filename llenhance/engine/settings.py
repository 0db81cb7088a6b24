"""Settings by name: which device and precision a word stands for."""

from __future__ import annotations

from typing import Final

import torch

from llenhance.errors import UsageError

DTYPES: Final = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def choose_device(name: str) -> torch.device:
    """Return the device with a name; auto takes a GPU if there is one.

    Raises:
        UsageError: There is no such device.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as reason:
        raise UsageError("device-unknown", f"device {name}") from reason
    present = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }.get(device.type, 0)
    if (device.index or 0) >= present:
        raise UsageError("device-absent", f"device {name}")
    return device


def choose_precision(name: str, device: torch.device) -> str:
    """Return a key of `DTYPES`; auto takes bf16 if the device computes in it, else fp32.

    Raises:
        UsageError: The precision is unknown, or not for this device.
    """
    if name == "auto":
        return "bf16" if computes_in_bf16(device) else "fp32"
    if name not in DTYPES:
        raise UsageError("precision-unknown", f"precision {name}")
    if name == "fp16" and device.type == "cpu":
        raise UsageError("precision-needs-gpu", f"precision {name}")
    return name


def computes_in_bf16(device: torch.device) -> bool:
    """Return whether a device has fast bfloat16 arithmetic, faster than float32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    can = torch.cpu.get_capabilities()
    return any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))  # x86, x86, Arm


def use_threads(threads: int | None, *, at_once: int = 1) -> None:
    """Share the processor out among pictures that are enhanced at the same time.

    It holds for the whole process, so a program decides about it, not a library.

    Args:
        threads: For all pictures together; None for as many as torch would use for one.
        at_once: Number of pictures.
    """
    if threads is not None or at_once > 1:
        torch.set_num_threads(max(1, (threads or torch.get_num_threads()) // at_once))
