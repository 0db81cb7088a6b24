"""What there is to compute on, and why a GPU that seems to be present is not used."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from llenhance.doctor import limits
from llenhance.engine.settings import choose_device, computes_in_bf16
from llenhance.messages.note import Note

_NVIDIA, _AMD = "0x10de", "0x1002"  # vendors of PCI devices
_DISPLAY: Final = "0x03"  # the class of PCI devices that show or compute pictures
_PATIENCE: Final = 10  # seconds for nvidia-smi, which hangs when the driver does


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Something to compute on.

    Attributes:
        name: Name of the device, as `Enhancer` takes it.
        title: Name of the processor.
        automatic: Whether a device of auto means this one.
        bf16: Whether it multiplies bfloat16 faster than float32.
        memory: Bytes that this process may use; None if the system does not tell.
        free_memory: Bytes of it that are free; None if the system does not tell.
        cores: Logical cores that this process may use, None for a GPU.
        threads: Threads that torch uses, None for a GPU.
        vectors: Widest vector instructions that torch uses, None for a GPU.
        instruction_sets: All instruction sets of the processor that torch knows.
        capability: Compute capability of an NVIDIA GPU, such as 9.0.
    """

    name: str
    title: str
    automatic: bool
    bf16: bool
    memory: int | None = None
    free_memory: int | None = None
    cores: int | None = None
    threads: int | None = None
    vectors: str | None = None
    instruction_sets: tuple[str, ...] = ()
    capability: str | None = None


def find_devices(*, gpus: int) -> list[Device]:
    """Return the processor and the GPUs that torch can use.

    Args:
        gpus: Number of GPUs that torch can use through CUDA or ROCm.
    """
    automatic = choose_device("auto").type
    found = [_processor(automatic=automatic == "cpu")]
    found += [_cuda(index, automatic=index == 0) for index in range(gpus)]
    if torch.backends.mps.is_available():
        found.append(
            Device(
                name="mps",
                title="GPU of this Mac",
                automatic=automatic == "mps",
                bf16=computes_in_bf16(torch.device("mps")),
                memory=torch.mps.recommended_max_memory(),
            )
        )
    return found


def _processor(*, automatic: bool) -> Device:
    known: Mapping[str, Any] = torch.cpu.get_capabilities()
    memory = limits.memory()
    return Device(
        name="cpu",
        title=str(known.get("cpu_name") or platform.processor() or platform.machine()),
        automatic=automatic,
        bf16=computes_in_bf16(torch.device("cpu")),
        memory=memory.total,
        free_memory=memory.free,
        cores=limits.cores(),
        threads=torch.get_num_threads(),
        vectors=torch.backends.cpu.get_cpu_capability(),
        instruction_sets=tuple(sorted(name for name, has in known.items() if has is True)),
    )


def _cuda(index: int, *, automatic: bool) -> Device:
    device = torch.device("cuda", index)
    try:
        major, minor = torch.cuda.get_device_capability(device)
        free, total = torch.cuda.mem_get_info(device)
        return Device(
            name=str(device),
            title=torch.cuda.get_device_name(device),
            automatic=automatic,
            bf16=computes_in_bf16(device),
            memory=total,
            free_memory=free,
            capability=f"{major}.{minor}",
        )
    except RuntimeError:  # broken, or in use by another process: the trial tells which
        return Device(name=str(device), title="unknown GPU", automatic=automatic, bf16=False)


def crowded(devices: list[Device]) -> Iterator[Note]:
    """Yield a note if torch has more threads than cores, because they wait for each other."""
    for device in devices:
        if device.threads and device.cores and device.threads > device.cores:
            yield Note("threads-exceed-cores", threads=device.threads, cores=device.cores)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSigns:
    """Signs of GPUs, used or not.

    Attributes:
        usable: Number of GPUs that torch can use through CUDA or ROCm.
        cuda_build: Version of CUDA that torch was built for, None if it was not.
        rocm_build: Version of ROCm that torch was built for, None if it was not.
        visible: Value of the variable CUDA_VISIBLE_DEVICES, None if it is not set.
        complaint: What torch said when it was asked for CUDA.
        nvidia_card: Whether the machine has an NVIDIA card on its bus.
        nvidia_driver: Whether NVIDIA's driver shows a GPU.
        amd_driver: Whether there is an AMD card, and AMD's driver for computing.
        mac: Whether this is macOS on an Apple processor.
        mps_built: Whether torch was built for MPS.
        mps_usable: Whether torch can use MPS.
    """

    usable: int = 0
    cuda_build: str | None = None
    rocm_build: str | None = None
    visible: str | None = None
    complaint: str = ""
    nvidia_card: bool = False
    nvidia_driver: bool = False
    amd_driver: bool = False
    mac: bool = False
    mps_built: bool = False
    mps_usable: bool = False


def look_for_gpus(root: Path = limits.ROOT) -> GpuSigns:
    """Return the signs of GPUs on this machine and in this torch.

    Args:
        root: Root of the file system that holds the system's files.
    """
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        usable = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cards = set(_vendors_of_cards(root))
    return GpuSigns(
        usable=usable,
        cuda_build=torch.version.cuda,
        rocm_build=torch.version.hip,
        visible=os.environ.get("CUDA_VISIBLE_DEVICES"),
        complaint=str(heard[0].message).split(" (Triggered")[0] if heard else "",
        nvidia_card=_NVIDIA in cards,
        nvidia_driver=_driver_shows_nvidia(root),
        amd_driver=_AMD in cards and (root / "dev/kfd").exists(),
        mac=platform.system() == "Darwin" and platform.machine() == "arm64",
        mps_built=torch.backends.mps.is_built(),
        mps_usable=torch.backends.mps.is_available(),
    )


def _vendors_of_cards(root: Path) -> Iterator[str]:
    """Yield the vendor of each graphics card; only Linux tells."""
    for card in (root / "sys/bus/pci/devices").glob("*"):
        try:
            kind, vendor = ((card / name).read_text().strip() for name in ("class", "vendor"))
        except OSError:
            continue
        if kind.startswith(_DISPLAY):
            yield vendor


def _driver_shows_nvidia(root: Path) -> bool:
    if any((root / "dev").glob("nvidia[0-9]*")):
        return True
    if any((root / "proc/driver/nvidia/gpus").glob("*")):
        return True
    command = shutil.which("nvidia-smi")
    if command is None:
        return False
    try:  # Windows offers nothing else to ask; the program can be there without a GPU
        listed = subprocess.run([command, "-L"], capture_output=True, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and listed.stdout.startswith(b"GPU ")


def unused_gpus(signs: GpuSigns) -> list[Note]:
    """Return a note for each kind of GPU that seems to be present and is not used."""
    found: list[Note] = []
    if not signs.usable and (signs.nvidia_card or signs.nvidia_driver):
        found.append(_why_no_cuda(signs))
    if not signs.usable and signs.amd_driver:
        found.append(
            Note("amd-torch-without-rocm")
            if signs.rocm_build is None
            else Note("amd-not-usable", rocm=signs.rocm_build)
        )
    if not signs.mps_usable and (signs.mps_built or signs.mac):
        found.append(
            Note("mac-gpu-not-offered") if signs.mps_built else Note("mac-torch-without-mps")
        )
    return found


def _why_no_cuda(signs: GpuSigns) -> Note:
    """Return why torch does not use an NVIDIA GPU."""
    if signs.cuda_build is None:
        return Note("nvidia-torch-without-cuda")
    if signs.visible is not None and signs.visible.strip() in ("", "-1"):
        return Note("nvidia-hidden", visible=signs.visible)
    if not signs.nvidia_driver:
        return Note("nvidia-without-driver")
    if "too old" in signs.complaint:
        return Note("nvidia-driver-too-old", cuda=signs.cuda_build)
    if signs.visible is not None:
        return Note("nvidia-not-listed", visible=signs.visible)
    return Note("nvidia-cuda-fails", reason=signs.complaint or "torch does not say why")
