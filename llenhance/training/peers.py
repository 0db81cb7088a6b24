"""Training in several processes: each takes a part of every batch, and gradients are averaged.

A step of a small network hardly keeps more than one core busy, so two processes with one thread
each do twice the work of one process with two. All of them hold the same model, so only the first
one writes.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch import distributed as dist

from llenhance.errors import LlenhanceError, TrainingError

_LAST_GASP: Final = 2.0  # seconds from a broken connection to the end of its process
_PATIENCE: Final = timedelta(minutes=30)  # the first process validates while the others wait


class Peers:
    """The processes of a run, seen from one of them; by default it is the only one.

    Attributes:
        rank: Number of this process; process 0 is the one that writes.
        count: Number of all processes.
    """

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank, self.count = rank, count

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Give every process the mean of all processes' gradients."""
        if self.count == 1:
            return
        parameters = list(parameters)
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)  # pyright: ignore[reportUnknownMemberType]
        flat /= self.count
        offset = 0
        for parameter, gradient in zip(parameters, gradients, strict=True):
            part = flat[offset : offset + gradient.numel()]
            parameter.grad = part.view_as(gradient)
            offset += gradient.numel()

    def follow_first(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors with the first process's."""
        if self.count > 1:
            for tensor in tensors:
                dist.broadcast(tensor.detach(), src=0)

    def agree(self, value: float) -> float:
        """Return the first process's value."""
        told = torch.tensor([value], dtype=torch.float64)
        self.follow_first([told])
        return float(told.item())


@contextmanager
def together(count: int, work: Callable[[Peers], None]) -> Generator[Peers]:
    """Start ``count - 1`` processes that do ``work``, while the caller is the first process.

    Args:
        count: Number of processes in all; 1 starts none.
        work: A picklable function, which must take the same steps as the caller.

    Yields:
        The caller's place among the processes.

    Raises:
        TrainingError: One of the processes failed or was killed.
    """
    if count == 1:
        yield Peers()
        return
    with tempfile.TemporaryDirectory(prefix="llenhance-") as folder:
        meeting = Path(folder) / "meeting"
        context = multiprocessing.get_context("spawn")
        others = [
            context.Process(target=_join, args=(meeting, rank, count, work), daemon=True)
            for rank in range(1, count)
        ]
        for process in others:
            process.start()
        torch.set_num_threads(1)
        try:
            with _group(meeting, 0, count) as peers:
                yield peers
        except BaseException as reason:
            if isinstance(reason, RuntimeError):  # the connection breaks before the process is gone
                for process in others:
                    process.join(_LAST_GASP)
            failed = any(process.exitcode for process in others)  # before we stop the others
            for process in others:
                process.terminate()
            if isinstance(reason, RuntimeError) and failed:  # so its connection broke
                raise _lost() from reason
            raise
        finally:
            for process in others:
                process.join()
        if any(process.exitcode for process in others):
            raise _lost()


def _lost() -> TrainingError:
    return TrainingError("training-process-lost", "the training run")


@contextmanager
def _group(meeting: Path, rank: int, count: int) -> Generator[Peers]:
    dist.init_process_group(
        "gloo", init_method=meeting.as_uri(), rank=rank, world_size=count, timeout=_PATIENCE
    )
    try:
        yield Peers(rank, count)
    finally:
        dist.destroy_process_group()


def _join(meeting: Path, rank: int, count: int, work: Callable[[Peers], None]) -> None:
    torch.set_num_threads(1)
    with _group(meeting, rank, count) as peers:
        try:
            work(peers)
        except LlenhanceError:  # the first process meets the same error, and tells it
            sys.exit(1)
