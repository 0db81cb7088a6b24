"""What to do about a message, in the terms of the command: from its code to options and commands.

The words of a message itself are in `messages/`, for everybody. A code without an entry here keeps
the remedy that it has there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.errors import LlenhanceError
from llenhance.messages.note import Note

_PNG: Final = "To keep it, write PNG: --format png, or a name that ends in .png"
_AGAIN: Final = "Add --overwrite to make it again, or choose another folder with -o"
_ALL_AGAIN: Final = "Add --overwrite to make all of them again, or choose another folder with -o"
_ONLINE: Final = "Run this once without --offline"

_ADVICE: Final[Mapping[str, str | Mapping[str, str]]] = {
    # Memory, disks, names
    "out-of-memory": {
        "enhance": "Close other programs, or try a smaller --tile, such as 256",
        "evaluate": "Close other programs, or try a smaller --tile, such as 256",
        "bench": "Close other programs, or try smaller --sizes or a smaller --tile",
        "train": "Close other programs, or try a smaller --batch or --crop",
    },
    "exists": {
        "compare": "Add --overwrite, or choose another name with -o",
        "enhance": "Add --overwrite, or choose another name with -o",
        "evaluate": "Add --overwrite, or choose another name",
        "export": "Add --overwrite, or choose another name with -o",
        "weights import": "Add --overwrite, or choose another name with -o",
    },
    "exists-of-other-settings": {"enhance": _AGAIN},
    "exists-of-changed-input": {"enhance": _AGAIN},
    "exists-edited": {"enhance": _AGAIN},
    "exists-unrecorded": {
        "enhance": "Add --overwrite to replace it, --skip-existing to leave it, "
        "or choose another folder with -o"
    },
    "set-changed": {"enhance": _ALL_AGAIN},
    "set-beside-others": {"enhance": _ALL_AGAIN},
    "nothing-to-compare-with": {
        "compare": "Name another folder or picture as well, or well-lit ones with --reference"
    },
    "labels-unmatched": {
        "compare": "Give one for each with --labels, with commas between, in their order"
    },
    "label-twice": {"compare": "Give each another name with --labels"},
    "report-extension": {
        "compare": "Name a file with -o that ends in .html",
        "enhance": "Name a file with --report that ends in .html",
    },
    "output-is-input": {
        "enhance": "Choose another name or folder with -o",
        "evaluate": "Choose another name or folder for what is written",
    },
    "output-replaces-input": {"enhance": "Choose another folder with -o"},
    "template-gives-no-name": {"enhance": "Choose another --name-template"},
    "several-pictures": {"enhance": "Choose one of these with --format: {formats}"},
    "one-name-for-many": {
        "enhance": "Name a folder with -o; end it with a slash if it looks like a picture's name"
    },
    "file-in-place-of-folder": {
        "enhance": "Choose another folder with -o",
        "evaluate": "Choose another folder with -o",
        "train": "Choose another folder with --out",
    },
    "naming-of-named-file": {
        "enhance": "Name a folder with -o, or leave --suffix and --name-template out"
    },
    "suffix-no-name": {"enhance": "Name a folder with -o, or use --name-template"},
    "suffix-leaves-name": {"enhance": "Name a folder with -o, or leave --suffix out"},
    "template-beside-suffix": {"enhance": "Leave --suffix out"},
    "template-not-within": {"enhance": "Begin it with {{parent}}/ or {{stem}}; -o names a folder"},
    "template-without-extension": {
        "enhance": "Put {{ext}} at its end, and choose the format with --format"
    },
    "template-brightness-unknown": {"enhance": "Leave {{brightness}} out, or use --brightness"},
    "list-no-text": {"enhance": "If its names end with NUL bytes, use --files0-from"},
    "list-name-too-long": {
        "enhance": "Use --files-from if each name is on a line, --files0-from if a NUL ends it"
    },
    "list-too-long": {"enhance": "Send it through a pipe: cat LIST | llenhance --files-from -"},
    "not-a-failure-file": {"enhance": "Choose another name with --errors"},
    "failures-to-stdout": {"enhance": "Name a file, or use --json"},
    "not-a-regular-file": {"enhance": "Use -o - to write into a pipe"},
    "disk-read-only": {"enhance": "Choose another folder with -o"},
    "disk-full": {"enhance": "Free some space, or choose another folder with -o"},
    "space-too-small": {"enhance": "Free some space, or choose another folder with -o"},
    "quota-used-up": {"enhance": "Free some space, or choose another folder with -o"},
    "too-large-for-disk": {"enhance": "Choose another folder with -o"},
    "two-inputs-one-output": {
        "enhance": "Enhance {second} alone, and give its result another name with -o"
    },
    "extension-contradicts-format": {"enhance": "Change --format, or the name after -o"},
    "too-many-pixels": {
        "enhance": "If you trust the file, let it be read with --max-megapixels {megapixels:g}"
    },
    # What a format cannot hold
    "transparency-lost": {"enhance": _PNG},
    "depth-lost": {"enhance": _PNG},
    "depth-reduced": {
        "enhance": "To keep all, write PNG: --format png, or a name that ends in .png"
    },
    "color-profile-lost": {"enhance": _PNG},
    "color-profile-too-long": {"enhance": _PNG},
    "exif-lost": {"enhance": _PNG},
    "exif-too-long": {"enhance": _PNG},
    "xmp-lost": {"enhance": _PNG},
    "xmp-too-long": {"enhance": _PNG},
    "resolution-lost": {"enhance": _PNG},
    "iptc-lost": {"enhance": _PNG},
    "texts-lost": {"enhance": _PNG.replace("it", "them", 1)},
    "color-not-held": {"enhance": "Write PPM: --format ppm, or a name that ends in .ppm"},
    "extension-unknown": {
        "enhance": "If it is a folder, end it with a slash; if it is a file, "
        "use one of {extensions}, or choose the format with --format"
    },
    # Settings of earlier results
    "original-not-beside": {"enhance": "Name that picture: llenhance PHOTO --replay RESULT"},
    "original-beside-differs": {"enhance": "Name a picture: llenhance PHOTO --replay RESULT"},
    "model-of-other-weights": {"enhance": "Name the weights file that made it with --model"},
    "original-missing": {"audit": "Name the folder that has it with --originals"},
    "well-lit-of-other-format": {"enhance": "Name a folder with -o: there it keeps its format"},
    "made-together": {"enhance": "Enhance all of them with --consistent"},
    "watched-is-no-folder": {"enhance": "Name folders alone with --watch"},
    "watch-refused": {"enhance": "Add --poll: llenhance then looks for changes every second"},
    # Standard streams
    "stdin-twice": {"enhance": "Give - once"},
    "stdin-among-many": {"enhance": "Name a folder with -o"},
    "stdout-takes-one": {"enhance": "Name a folder with -o"},
    "json-beside-picture": {"enhance": "Write the picture to a file with -o, or leave --json out"},
    "terminal-for-picture": {"enhance": "Write to a file with -o, or redirect the output: > FILE"},
    # Wishes, options, scores
    "photo-missing": {
        "enhance": "Name one, such as photo.jpg, or a folder. See: llenhance enhance --help"
    },
    "arguments-wrong": "Add --help to see all options",
    "not-on-cluster": {"enhance": "Leave --cluster out, or name files, folders or addresses"},
    "cluster-not-reached": {
        "enhance": "Work on a machine of the cluster, or here: --cluster without an address"
    },
    "store-without-cluster": {"enhance": "Add --cluster, which also works on this machine alone"},
    "worker-lost": {"enhance": "Enhance it without --cluster, with a smaller --tile such as 256"},
    "port-in-use": {"serve": "Choose another with --port; 0 is any that is free"},
    "port-not-permitted": {"serve": "Choose one from 1024 on with --port"},
    "host-not-here": {"serve": "Name an address of this machine with --host"},
    "takes-long": {"enhance": "Add --fast to make it in a few seconds, nearly the same"},
    "target-mean-out-of-range": {"enhance": "Try --target-mean 0.45"},
    "result-not-finite": {"enhance": "Try another --model, or a --brightness closer to 0"},
    "exposures-missing": {
        "evaluate": "Each exposure needs a subfolder: use the names that --write-inputs makes"
    },
    "exposures-of-inputs-missing": {"evaluate": "Name the folder that --write-inputs filled"},
    "measurement-ended": {"bench": "Try smaller --sizes or a smaller --tile"},
    # Training
    "budget-unclear": {"train": "Give either --steps or --minutes"},
    "folders-unpaired": {"train": "Give each --low its --high, in the same order"},
    "nothing-to-train-on": {
        "train": "Give --low and --high, or --normal, --photographs or --night"
    },
    "shares-unmatched": {
        "train": "Give one --share for each --low, then --normal, --photographs and --night"
    },
    "new-head-without-start": {
        "train": "Add --start, or leave --new-head out: other runs train the head anyway"
    },
    "workers-uneven": {"train": "Use a --batch that is a multiple of {workers}, and --device cpu"},
    "run-exists": {"train": "Add --resume, or choose another folder with --out"},
    "nothing-to-resume": {"train": "Leave --resume out to start a run in it"},
    "state-of-other-network": {"train": "Leave --preset out, or name the one it started with"},
    "state-damaged": {"train": "Start again in another folder with --out"},
    "resumed-differently": {
        "train": "Give the options that it was started with, or another folder with --out"
    },
    "list-unmatched": {"train": "Compare the list with the names of the pictures in --low"},
    "training-diverges": {"train": "Continue it with --resume and a lower --rate"},
    "training-process-lost": {"train": "Continue it with --resume"},
    "tile-not-multiple": {
        "enhance": "Use --tile {below} or --tile {above}, or 0 for the whole picture",
        "evaluate": "Use --tile {below} or --tile {above}, or 0 for the whole picture",
        "bench": "Use --tile {below} or --tile {above}, or 0 for the whole picture",
        "export": "Use --tile {below} or --tile {above}",
    },
    "device-unknown": "Use --device auto or --device cpu",
    "device-absent": "Use --device auto or --device cpu",
    "precision-unknown": "Use --precision auto",
    "precision-needs-gpu": "Use --precision auto",
    "export-extension": {"export": "Choose a name with -o that ends in {extension}"},
    "size-unreadable": {"bench": "Use --sizes WIDTHxHEIGHT, such as 600x400"},
    # Training
    "shares-impossible": {"train": "Give positive numbers with --share"},
    "preset-unknown": {"train": "Use --preset with one of: {known}"},
    "pictures-smaller-than-crop": {"train": "Use a smaller --crop, or larger pictures"},
    "all-held-out": {"train": "Check --validation against the names in the folders"},
    # The doctor
    "precision-broken-but-unneeded": {"doctor": "Leave the precision at auto, the default"},
    "working-folder-refused": {
        "doctor": "Work in another folder, or write to one: llenhance photo.jpg -o FOLDER/"
    },
    # Models
    "license-not-accepted": "Run: llenhance weights download {model} --accept-license",
    "download-by-hand": (
        "Download it with a browser from {link}, "
        "then run: llenhance weights import FILE.pth --as {model}"
    ),
    "model-not-here": {
        "weights path": "Run: llenhance weights download {model}",
        "weights verify": "Run: llenhance weights download {model}",
        "weights remove": "See: llenhance weights list",
    },
    "model-name-taken": {"weights import": "Add --overwrite, or choose another name with --as"},
    "model-name-invalid": {
        "weights import": (
            "Give it a name with --as: letters, digits, '-', '_' and '.', without an extension"
        )
    },
    "model-name-reserved": {"weights import": "Choose another name with --as"},
    "license-unknown": {"weights upload": "Name it with --license"},
    "license-contradicted": {"weights upload": "Leave --license out"},
    "hub-not-cached": {
        "enhance": _ONLINE,
        "evaluate": _ONLINE,
        "weights download": _ONLINE,
        "weights info": _ONLINE,
        "weights upload": "Download it first, with llenhance weights download",
    },
}
"""From a code to a remedy: one for all commands, or one for each that has something to say."""


def remedy(message: LlenhanceError | Note, *, command: str) -> str:
    """Return what to do about a message, without a full stop; empty if there is nothing to do.

    Args:
        message: An error or a note.
        command: The command that tells it, such as 'enhance'.
    """
    advice = _ADVICE.get(message.code)
    if isinstance(advice, Mapping):
        advice = advice.get(command)
    return message.remedy if advice is None else advice.format(**message.facts)


def advised_remedies(code: str) -> dict[str, str]:
    """Return the remedies of a code here, by command; under '' that of all commands."""
    advice = _ADVICE.get(code, {})
    return {"": advice} if isinstance(advice, str) else dict(advice)


def sentence(error: LlenhanceError, *, command: str) -> str:
    """Return an error as a person reads it: the name, what is wrong, and what to do."""
    advice = remedy(error, command=command)
    return f"{error.name}: {error.problem}." + (f" {advice}." if advice else "")
