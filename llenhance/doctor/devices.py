"""What there is to compute on, and why a GPU that seems to be there is not used."""

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
from llenhance.doctor.problem import Problem
from llenhance.engine.settings import choose_device, computes_in_bf16

_NVIDIA, _AMD = "0x10de", "0x1002"  # vendors of PCI devices
_DISPLAY: Final = "0x03"  # the class of PCI devices that show or compute pictures
_PATIENCE: Final = 10  # seconds for nvidia-smi, which hangs where a driver does


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Something to compute on.

    Attributes:
        name: as `--device` takes it.
        title: the processor's name.
        automatic: whether it is the one that `--device auto` takes.
        bf16: whether it multiplies bfloat16 faster than float32.
        memory, free_memory: bytes that this process may use, None where the system does not tell.
        cores: logical ones that this process may use, None for a GPU.
        threads: that torch computes with, None for a GPU.
        vectors: the widest instructions that torch computes with, None for a GPU.
        instruction_sets: all that torch knows of the processor.
        capability: of a GPU of NVIDIA, such as 9.0.
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
    """Return the processor, and the GPUs that torch can use.

    Args:
        gpus: how many of them it can use by way of CUDA or ROCm.
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
    except RuntimeError:  # out of order, or taken by another process: the trial tells which
        return Device(name=str(device), title="unknown GPU", automatic=automatic, bf16=False)


def crowded(devices: list[Device]) -> Iterator[Problem]:
    """Yield a remark where torch has more threads than cores: they wait for each other."""
    for device in devices:
        if device.threads and device.cores and device.threads > device.cores:
            what = f"torch computes with {device.threads} threads on {device.cores} cores"
            yield Problem(what, f"Set OMP_NUM_THREADS={device.cores}", exit_code=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSigns:
    """What tells of GPUs, used or not.

    Attributes:
        usable: GPUs that torch offers by way of CUDA or ROCm.
        cuda_build: the version of CUDA that torch was built for, None for none.
        rocm_build: the version of ROCm, likewise.
        visible: what the variable CUDA_VISIBLE_DEVICES says, None where it is not set.
        complaint: what torch said when it was asked for CUDA.
        nvidia_card: whether the machine has one on its bus.
        nvidia_driver: whether a driver of NVIDIA's shows a GPU.
        amd_driver: whether AMD's driver for computing is there, and a card of AMD's.
        mac: whether this is macOS on a processor of Apple.
        mps_built: whether torch was built for MPS.
        mps_usable: whether it can use it.
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
    """Return what this machine and this torch tell of GPUs.

    Args:
        root: of the file system in which the system's files are looked for.
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
    """Yield the vendor of each graphics card; Linux alone tells."""
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
    try:  # on Windows there is nothing else to ask; the program may be there without a GPU
        listed = subprocess.run([command, "-L"], capture_output=True, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and listed.stdout.startswith(b"GPU ")


def unused_gpus(signs: GpuSigns) -> list[Problem]:
    """Return a remark for each kind of GPU that seems to be there and is not used."""
    found: list[tuple[str, str]] = []
    if not signs.usable and (signs.nvidia_card or signs.nvidia_driver):
        why, remedy = _why_no_cuda(signs)
        found.append((f"A GPU of NVIDIA is present but unused: {why}", remedy))
    if not signs.usable and signs.amd_driver:
        if signs.rocm_build is None:
            why = "this torch is a build without ROCm"
            remedy = (
                "If ROCm supports it, install a torch for ROCm: https://pytorch.org/get-started"
            )
        else:
            why = f"torch, built for ROCm {signs.rocm_build}, finds none that it can use"
            remedy = "Run rocminfo, which says whether ROCm supports it and this user may open it"
        found.append((f"A GPU of AMD is present but unused: {why}", remedy))
    if not signs.mps_usable and (signs.mps_built or signs.mac):
        if signs.mps_built:
            why = "torch has MPS, but this version of macOS or this Mac does not offer it"
            remedy = "Update macOS; Macs without a processor of Apple compute on the CPU"
        else:
            why = "this torch is a build without MPS"
            remedy = "Install the usual one: pip install --force-reinstall torch"
        found.append((f"The GPU of this Mac is present but unused: {why}", remedy))
    return [Problem(what, remedy, exit_code=0) for what, remedy in found]


def _why_no_cuda(signs: GpuSigns) -> tuple[str, str]:
    """Return why torch does not use a GPU of NVIDIA, and what to do."""
    if signs.cuda_build is None:
        why = "this torch is a build without CUDA"
        return why, "Install a torch with CUDA: https://pytorch.org/get-started"
    if signs.visible is not None and signs.visible.strip() in ("", "-1"):
        return f"CUDA_VISIBLE_DEVICES={signs.visible} hides it", "Unset CUDA_VISIBLE_DEVICES"
    if not signs.nvidia_driver:
        why = "no driver of NVIDIA shows it"
        return why, "Install NVIDIA's driver; or start the container with it: --gpus all"
    if "too old" in signs.complaint:
        why = f"its driver is too old for CUDA {signs.cuda_build}, which torch was built for"
        return why, "Update NVIDIA's driver, or install a torch for an older CUDA"
    if signs.visible is not None:
        why = f"CUDA_VISIBLE_DEVICES={signs.visible} names none that torch can use"
        return why, "Unset CUDA_VISIBLE_DEVICES, or set it to a number that nvidia-smi -L lists"
    why = f"CUDA does not start ({signs.complaint or 'torch does not say why'})"
    return why, "Run nvidia-smi, which says whether the driver works; restarting often helps"
