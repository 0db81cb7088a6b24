"""Messages of `cluster/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {
    "not-on-cluster": Message(
        "the workers of a cluster cannot use it", "Name files, folders or addresses"
    ),
    "files-beside-objects": Message(
        "it is a file or folder, but {other} is in an object store", "Name them in two runs"
    ),
    "address-wrong": Message("it is not an address of an object store: {reason}", "Check it"),
    "cluster-not-reached": Message(
        "no cluster of Ray can be joined there: {reason}",
        "Work on a machine of the cluster, or without one",
    ),
    "cluster-failed": Message(
        "the cluster has given up: {reason}",
        "Look into the logs of Ray, and do the same again: what is done stays done",
    ),
    "worker-lost": Message(
        "every worker that tried it was lost, most likely for want of memory",
        "Enhance it alone, on a machine with more memory or in smaller tiles",
    ),
}
