"""Real limits of memory: good pictures stay good, smaller tiles come first, then a sentence.

A process loads everything once. For each limit a child of it gets so many more bytes of address
space than are in use, and does its work. Nothing is invented: the libraries fail as they do.
"""

from __future__ import annotations

import json
import mmap
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from support.architectures import OURS
from support.photographs import dark_photograph
from support.runners import program

from llenhance.errors import PictureError, ResourceError
from llenhance.memory import PLENTY, is_short, is_shortage, lack_of_memory_told
from llenhance.model.llflow import LLFlow
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture
from llenhance.weights.file import store

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux limits memory like this")

LIMITED = """
import ctypes, json, os, resource, signal, sys
import llenhance.cli.bars, llenhance.cli.results, llenhance.enhancer
from llenhance.cli.app import run
from llenhance.errors import LlenhanceError
from llenhance.jobs.batch import enhance_files
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.process import prepare

def command(files, folder):
    try:
        return run([*files, "-o", folder, "--json"])
    except SystemExit as leaving:
        return int(leaving.code)

def limited(megabytes, work, *arguments):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        signal.alarm(60)
        if hasattr(ctypes.CDLL(None), "malloc_trim"):
            ctypes.CDLL(None).malloc_trim(0)
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 1_000_000,) * 2)
        prepare()
        try:
            code = work(*arguments)
        except LlenhanceError as error:
            print(error.code)
            code = error.exit_code
        sys.stdout.flush()
        os._exit(code)
    os.close(writer)
    with open(reader, errors="replace") as said:
        text = said.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps({"megabytes": megabytes, "code": status, "said": text}))
"""
READ = """
def read(path):
    decode(open(path, "rb").read(), name=path)
    return 0

def write(format):
    encode(picture, format=format, name="picture")
    return 0

for path in sys.argv[1:]:
    for megabytes in (3, 6):
        limited(megabytes, read, path)
picture = decode(open(sys.argv[1], "rb").read(), name="picture")
for format in ("jpeg", "webp", "tiff", "avif"):
    for megabytes in (2, 8):
        limited(megabytes, write, format)
"""
RUN = """
for megabytes in (20, 95, 120, 145, 170, 195):
    limited(megabytes, command, [*sys.argv[2:], "--tile", "0"], sys.argv[1] + f"/{megabytes}/")
"""

FULL = """
import resource
from llenhance.pictures.profiles import of_mode

notes, held, size = [], [], 2**20
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used, used))
while size >= 16:  # not even the heap has anything left
    try:
        held.append(bytearray(size))
    except MemoryError:
        size //= 2
held.pop()
try:
    of_mode("LAB", None, notes)
except MemoryError:
    held.clear()
    print("no memory")
held.clear()
print(notes)
"""


WIDE = replace(OURS, features=32, growth=16, hidden=28, context=True)
"""A pixel takes nearly as much memory as with the shipped model, and a fraction of the time."""


def outcomes(text: str, *arguments: str) -> list[dict[str, Any]]:
    done = program(LIMITED + text, *arguments, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def saved(folder: Path, name: str, height: int, width: int) -> str:
    path = folder / name
    picture = Picture(pixels=dark_photograph(height, width))
    path.write_bytes(encode(picture, format=path.suffix, name=name))
    return str(path)


def test_good_pictures_are_neither_damaged_nor_impossible_to_encode(tmp_path: Path) -> None:
    names = [f"p.{kind}" for kind in ("png", "jpg", "webp", "tif", "avif")]
    files = [saved(tmp_path, name, 500, 700) for name in names]
    seen = outcomes(READ, *files)
    assert len(seen) == 2 * 5 + 2 * 4
    for one in seen:
        assert one["code"] in (0, 4), one
        assert "Traceback" not in one["said"]
        if one["code"] == 4:
            assert one["said"].split()[-1] in ("picture-exceeds-memory", "out-of-memory"), one
    assert {one["code"] for one in seen} == {0, 4}


def test_a_color_profile_is_not_called_damaged_where_memory_is_short() -> None:
    assert program(FULL, check=True).stdout == "no memory\n[]\n"


def test_pictures_are_done_in_smaller_tiles_or_refused_with_code_4(tmp_path: Path) -> None:
    large = saved(tmp_path, "large.jpg", 600, 800)
    small = saved(tmp_path, "small.jpg", 24, 32)
    model = str(tmp_path / "wide.safetensors")
    torch.manual_seed(0)
    store(LLFlow(WIDE), Path(model), training={}, dtype=torch.float32, overwrite=False)
    seen = outcomes(RUN, str(tmp_path), large, small, "--model", model)
    assert seen[0]["code"] == 4
    assert "out-of-memory" in seen[0]["said"]
    assert {one["code"] for one in seen} == {0, 4}, [one["said"] for one in seen]
    assert "Traceback" not in "".join(one["said"] for one in seen)
    # From where on it is enough depends on the machine and on holes in the heap.
    in_tiles = [one for one in seen if one["code"] == 0 and "memory-short" in one["said"]]
    assert in_tiles, [one["said"] for one in seen]
    folder = tmp_path / str(in_tiles[0]["megabytes"])
    assert sorted(path.name for path in folder.glob("*.jpg")) == ["large.jpg", "small.jpg"]


# --- What the libraries say ---------------------------------------------------------------------

HUGE = 1 << 46  # bytes: more than any machine has


def beyond_the_address_space() -> None:
    mmap.mmap(-1, HUGE << 4)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: bytearray(HUGE << 4),
        lambda: np.empty(HUGE << 4, np.uint8),
        lambda: torch.empty(HUGE << 4, dtype=torch.uint8),
        lambda: Image.new("L", (2**30, 2**30)),
        beyond_the_address_space,
    ],
    ids=["Python", "numpy", "torch", "Pillow", "mmap"],
)
def test_what_libraries_raise_is_recognized(ask: Callable[[], object]) -> None:
    with pytest.raises(ResourceError), lack_of_memory_told():
        ask()


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file", "out of memory.jpg"),
        RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"),
        RuntimeError("could not create a primitive"),  # there is plenty here
        PictureError("empty-file", "not enough memory.jpg"),
        ImportError("libx.so: cannot allocate memory in static TLS block"),
    ],
    ids=repr,
)
def test_what_is_something_else_stays_what_it_is(error: Exception) -> None:
    assert not is_short(PLENTY)
    with pytest.raises(type(error)) as caught, lack_of_memory_told():
        raise error
    assert caught.value is error


def test_an_error_raised_from_a_lack_of_memory_is_one() -> None:
    error = ValueError("unreadable")
    assert not is_shortage(error)
    error.__cause__ = MemoryError()
    assert is_shortage(error)
