"""Messages of `doctor/`: errors for what does not work, notes for what works all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message, note, warning

_NVIDIA: Final = "an NVIDIA GPU is present but unused: "
_AMD: Final = "an AMD GPU is present but unused: "
_MAC: Final = "the GPU of this Mac is present but unused: "

MESSAGES: Final[Mapping[str, Message]] = {
    "package-missing": Message("it is not installed", "Run: pip install {package}"),
    "format-broken": Message(
        "pictures of {depth} bits do not work: {failure}",
        "Install the library again: pip install --force-reinstall {library}",
    ),
    # Folders
    "working-folder-refused": Message(
        "no file can be written in this working folder: {reason}", "Work in another folder"
    ),
    "models-folder-refused": warning(
        "{path} (models) cannot be written: {reason}",
        "Make it writable, or set LLENHANCE_HOME to a folder that is",
    ),
    "hub-cache-refused": warning(
        "{path} (Hugging Face) cannot be written: {reason}",
        "Make it writable, or set HF_HUB_CACHE to a folder that is",
    ),
    # Precisions
    "precision-broken": Message(
        "it does not work with {precision}: {failure}", "Try another model, or another device"
    ),
    "precision-broken-but-unneeded": warning(
        "{precision} does not work on {device}: {failure}",
        "Let the precision be chosen automatically",
    ),
    # Processors
    "threads-exceed-cores": note(
        "torch computes with {threads} threads on {cores} cores", "Set OMP_NUM_THREADS={cores}"
    ),
    "nvidia-torch-without-cuda": note(
        _NVIDIA + "this torch is a build without CUDA",
        "Install a torch with CUDA: https://pytorch.org/get-started",
    ),
    "nvidia-hidden": note(
        _NVIDIA + "CUDA_VISIBLE_DEVICES={visible} hides it", "Unset CUDA_VISIBLE_DEVICES"
    ),
    "nvidia-without-driver": note(
        _NVIDIA + "no NVIDIA driver shows it",
        "Install NVIDIA's driver; in a container, start it with access to the GPU",
    ),
    "nvidia-driver-too-old": note(
        _NVIDIA + "its driver is too old for CUDA {cuda}, which torch was built for",
        "Update NVIDIA's driver, or install a torch for an older CUDA",
    ),
    "nvidia-not-listed": note(
        _NVIDIA + "CUDA_VISIBLE_DEVICES={visible} names none that torch can use",
        "Unset CUDA_VISIBLE_DEVICES, or set it to a number that nvidia-smi lists",
    ),
    "nvidia-cuda-fails": note(
        _NVIDIA + "CUDA does not start ({reason})",
        "Run nvidia-smi, which says whether the driver works; restarting often helps",
    ),
    "amd-torch-without-rocm": note(
        _AMD + "this torch is a build without ROCm",
        "If ROCm supports it, install a torch for ROCm: https://pytorch.org/get-started",
    ),
    "amd-not-usable": note(
        _AMD + "torch, built for ROCm {rocm}, finds none that it can use",
        "Run rocminfo, which says whether ROCm supports it and this user may open it",
    ),
    "mac-gpu-not-offered": note(
        _MAC + "torch has MPS, but this version of macOS or this Mac does not offer it",
        "Update macOS; Macs without an Apple processor compute on the CPU",
    ),
    "mac-torch-without-mps": note(
        _MAC + "this torch is a build without MPS",
        "Install the usual build: pip install --force-reinstall torch",
    ),
}
