"""Messages of `weights/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

_AGAIN: Final = "Download it again"
_AUTHORS: Final = "Use one of the files that the LLFlow authors published for the LOL data set"
_LOGIN: Final = "Run `hf auth login` or set HF_TOKEN"
_CONNECTION: Final = "Check the connection, and HF_ENDPOINT if it is set, then try again"

MESSAGES: Final[Mapping[str, Message]] = {
    # Names and the user's folder of models: `find.py`, `keep.py`, `home.py`, `consent.py`.
    "model-unknown": Message(
        "it is neither a known model nor a weights file",
        "Use one of: {names}; hf:owner/name; or the path of a weights file",
    ),
    "model-not-here": Message("it is not on this machine", "Download or import it first"),
    "model-shipped": Message("it comes with llenhance and cannot be removed"),
    "model-name-invalid": Message(
        "no model can have this name",
        "Use letters, digits, '-', '_' and '.', at most 100 of them, and no extension",
    ),
    "model-name-reserved": Message(
        "a model that comes with llenhance has this name", "Choose another name"
    ),
    "weights-extension": Message(
        "weights files end in {extension}", "Use a name that ends in {extension}"
    ),
    "model-name-taken": Message(
        "there is already a model of this name",
        "Choose another name, or allow the model to be replaced",
    ),
    "shipped-missing": Message("its file is missing from llenhance", "Install llenhance again"),
    "shipped-damaged": Message(
        "it is damaged: its SHA-256 is {found} instead of {expected}", "Install llenhance again"
    ),
    "download-by-hand": Message(
        "it cannot be downloaded by a program",
        "Download it with a browser from {link}, then import the file under this name",
    ),
    "license-not-accepted": Message(
        "its license, {license}, has not been accepted", "Accept it first: {summary}"
    ),
    "license-unknown": Message(
        "its license is not known, and a model card needs one", "Name the license"
    ),
    "license-contradicted": Message(
        "its license is {license}, not {given}", "Share it under {license}"
    ),
    "home-unknown": Message(
        "it is not set, and this user has no home folder to keep models in",
        "Set LLENHANCE_HOME to a folder that you can write to",
    ),
    "models-folder-unusable": Message(
        "models cannot be kept there: {reason}",
        "Set LLENHANCE_HOME to a folder that you can write to",
    ),
    # Weights files: `file.py`.
    "weights-not-regular": Message(
        "it is a device or a pipe, not a file", "Use the path of a weights file"
    ),
    "weights-too-large": Message(
        "it has {gigabytes:.1f} GB, more than any network known here", _AGAIN
    ),
    "weights-damaged": Message("it is damaged, or not a safetensors file", _AGAIN),
    "weights-foreign": Message(
        "it is a safetensors file, but not one of llenhance's weights files",
        "Use a file that llenhance wrote",
    ),
    "weights-header-unknown": Message(
        "its header describes no network known here ({reason})",
        "Update llenhance, or download the file again",
    ),
    "network-too-large": Message(
        "its header describes a network that would not fit into memory", _AGAIN
    ),
    "tensors-missing": Message("it lacks tensor {tensors}", _AGAIN),
    "tensors-unknown": Message("it has the unknown tensor {tensors}", _AGAIN),
    "tensor-shape-wrong": Message("it has a wrong shape for tensor {tensor}", _AGAIN),
    "tensor-type-wrong": Message("it has the type {type} for tensor {tensor}", _AGAIN),
    "tensor-not-finite": Message("it has infinite or undefined numbers in tensor {tensor}", _AGAIN),
    "tensor-out-of-range": Message(
        "{type} cannot hold the numbers of tensor {tensor}", "Use a type with a larger range"
    ),
    # Checkpoints of the authors: `checkpoint.py`, `official.py`.
    "checkpoint-damaged": Message(
        "it is damaged, is not a checkpoint, or wants to run code", _AUTHORS
    ),
    "checkpoint-runs-code": Message(
        "it wants to run code, or to make something else than tensors", _AUTHORS
    ),
    "checkpoint-compressed": Message("it is compressed, which checkpoints never are", _AUTHORS),
    "checkpoint-too-long": Message("its list of tensors is too long for a checkpoint", _AUTHORS),
    "checkpoint-not-flat": Message("it is not a flat dictionary of tensors", _AUTHORS),
    "checkpoint-unknown-network": Message(
        "it is not a checkpoint of the authors' small or large network", _AUTHORS
    ),
    "parameters-twice": Message("it has two names for parameter {parameters}", _AUTHORS),
    "parameters-missing": Message("it lacks parameter {parameters}", _AUTHORS),
    "parameters-unexpected": Message("it has the unexpected parameter {parameters}", _AUTHORS),
    "parameter-shape-wrong": Message(
        "it has the shape {found} for {parameter} instead of {expected}", _AUTHORS
    ),
    "parameter-type-wrong": Message("it has {type} numbers, {layout}, for {parameter}", _AUTHORS),
    # The hub: `hub.py`, `hub_cache.py`, `hub_reference.py`, `hub_errors.py`.
    "hub-reference-invalid": Message(
        "it does not name a file on a hub", "Write hf:owner/name[@revision][:file]"
    ),
    "hub-name-impossible": Message("no repository on a hub can have this name", "Check the name"),
    "hub-not-cached": Message(
        "it has not been downloaded, and the network may not be used", "Go online once"
    ),
    "hub-weights-missing": Message(
        "the repository has no weights file", "Use a repository with a .safetensors file"
    ),
    "hub-weights-ambiguous": Message(
        "the repository has several weights files: {files}",
        "Name one of them after a colon, as in :{example}",
    ),
    "hub-access-needed": Message(
        "its owner decides who may download it", _LOGIN + ", and ask the owner for access"
    ),
    "hub-refused": Message(
        "the hub refused it (status {status})", _LOGIN + ", and ask the owner for access"
    ),
    "hub-token-missing": Message("it needs a token", _LOGIN),
    "hub-revision-unknown": Message("there is no such revision", "Check what follows @"),
    "hub-file-unknown": Message("there is no such file in the repository", "Check what follows :"),
    "hub-repository-unknown": Message(
        "the repository does not exist, or is private",
        "Check its name; if it is private, run `hf auth login` or set HF_TOKEN",
    ),
    "hub-headers-missing": Message("it came without the headers that a hub sends", _CONNECTION),
    "hub-answer-unsafe": Message(
        "the hub answered with a path where a name is expected: {answer}",
        "Check HF_ENDPOINT if it is set",
    ),
    "hub-too-many-requests": Message(
        "the hub was asked too often (status 429)",
        "Wait a few minutes, or log in with `hf auth login`",
    ),
    "hub-server-error": Message("the hub answered {status}", _CONNECTION),
    "hub-cache-unusable": Message(
        "it cannot be kept in the cache: {reason}", "Set HF_HOME to a folder that you can write to"
    ),
    "hub-home-unknown": Message(
        "it is not set, and this user has no home folder to keep downloads in",
        "Set HF_HOME to a folder that you can write to",
    ),
    "download-failed": Message("it could not be downloaded ({reason})", _CONNECTION),
    "download-damaged": Message(
        "it is damaged: its SHA-256 is {found} instead of {expected}",
        "It was moved to {moved}; download it again",
    ),
}
