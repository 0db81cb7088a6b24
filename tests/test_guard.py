"""Pictures that are decoded in several threads do not meddle with each other or with the process.

While a picture is read, Pillow's limit and the warnings of the whole process are others. That two
threads do not change them at the same time is shown by making the worst moment happen.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image
from support.photographs import photograph_file
from support.runners import program

from llenhance.pictures import guard
from llenhance.pictures.decode import decode

PATIENCE = 0.3  # seconds that a thread waits for one that must not come


class Seen(NamedTuple):
    """What two decodings at the same time left behind.

    Attributes:
        first: notes of the picture that was begun first.
        second: notes of the other.
        overlapped: whether both were inside at the same time.
        limit: Pillow's limit of pixels afterwards.
        filters: of warnings afterwards.
    """

    first: str
    second: str
    overlapped: bool
    limit: int | None
    filters: list[Any]


def decoded_together(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Decode two pictures; each waits inside for the other, and warns of something."""
    opening = Image.open
    inside = {"first": threading.Event(), "second": threading.Event()}
    first_is_done = threading.Event()
    overlapped = False
    notes: dict[str, str] = {}

    def slow_open(*arguments: Any, **options: Any) -> Image.Image:
        nonlocal overlapped
        name = threading.current_thread().name
        inside[name].set()
        if name == "first":
            overlapped = inside["second"].wait(PATIENCE)
        warnings.warn(f"{name} is odd", UserWarning, stacklevel=2)
        if name == "second":
            first_is_done.wait(PATIENCE)
        return opening(*arguments, **options)

    def work(name: str) -> None:
        picture = decode(photograph_file("PNG"), name=name)
        notes[name] = " ".join(str(note) for note in picture.notes)
        if name == "first":
            first_is_done.set()

    monkeypatch.setattr(Image, "open", slow_open)
    first, second = (threading.Thread(target=work, args=[name], name=name) for name in inside)
    first.start()
    assert inside["first"].wait(10)
    second.start()
    for thread in (first, second):
        thread.join(10)
    return Seen(
        first=notes["first"],
        second=notes["second"],
        overlapped=overlapped,
        limit=Image.MAX_IMAGE_PIXELS,
        filters=list(warnings.filters),
    )


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what decoding leaves behind."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 12345678)
    with warnings.catch_warnings():
        yield


def test_the_limit_and_the_filters_are_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    filters = list(warnings.filters)
    seen = decoded_together(monkeypatch)
    assert seen.limit == 12345678
    assert seen.filters == filters


def test_a_picture_has_the_notes_of_its_own_warnings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = decoded_together(monkeypatch)
    assert "first is odd" in seen.first
    assert "second" not in seen.first
    assert "second is odd" in seen.second
    assert "first" not in seen.second


def test_a_picture_that_fails_lets_the_next_one_in() -> None:
    for _ in range(2):
        with pytest.raises(Exception, match="damaged"):
            decode(photograph_file("PNG")[:60], name="half.png")
    assert decode(photograph_file("PNG"), name="whole.png").pixels.any()


def test_without_the_lock_all_of_this_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the tests above could not fail."""
    filters = list(warnings.filters)
    monkeypatch.setattr(guard, "_pillow", nullcontext())
    seen = decoded_together(monkeypatch)
    assert seen.overlapped
    assert seen.limit != 12345678
    assert seen.filters != filters
    assert "first is odd" in seen.second


FORKING = """
import os, signal, sys, threading
from llenhance.pictures.decode import decode

data, ended = open(sys.argv[1], "rb").read(), threading.Event()

def read_on():
    while not ended.is_set():
        decode(data, name="picture")

threading.Thread(target=read_on).start()
states = []
for _ in range(8):
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        decode(data, name="picture")
        os._exit(0)
    states.append(os.waitpid(child, 0)[1])
ended.set()
print(states)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_child_that_is_forked_while_a_thread_decodes_can_decode(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(photograph_file("PNG", size=(200, 200)))
    assert program(FORKING, str(path), check=True).stdout.strip() == str([0] * 8)
