"""Enhance the frames of a time-lapse alike, so that it does not flicker.

    python examples/time_lapse.py frames/ bright/

All frames are looked at once and get one plan: one brightness, one tone. Only one of them is in
memory at a time. The command does the same: `llenhance frames --consistent`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from llenhance import Enhancer, Picture, read_picture, write_picture


class Frames:
    """The pictures of a folder in the order of their names, read whenever they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.paths = sorted(path for path in folder.iterdir() if path.is_file())

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Picture]:
        return map(read_picture, self.paths)


def enhance(source: Path, target: Path) -> None:
    """Write the enhanced frames of a folder into another one."""
    frames = Frames(source)
    together = Enhancer().look_at_all(frames)
    target.mkdir(parents=True, exist_ok=True)
    for path, frame in zip(frames.paths, frames, strict=True):
        made = together.enhance(frame)
        write_picture(target / path.name, made.picture)
        print(f"{path.name}: mean gray {made.mean_grey:.3f}")


if __name__ == "__main__":
    enhance(Path(sys.argv[1]), Path(sys.argv[2]))
