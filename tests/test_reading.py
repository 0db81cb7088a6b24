"""Reading ends, and takes no memory for what is no picture."""

from __future__ import annotations

import os
import threading
import tracemalloc
from io import BytesIO
from pathlib import Path
from time import perf_counter

import pytest
from PIL import Image
from support.photographs import photograph_file

from llenhance.errors import PictureError
from llenhance.files import reading
from llenhance.files.pictures import read_picture
from llenhance.files.reading import read_bytes, read_stream


def sparse(path: Path, *, beginning: bytes = b"", size: int = 3_000_000_000) -> Path:
    with path.open("wb") as file:
        file.write(beginning)
        file.truncate(size)
    return path


def test_a_large_file_that_is_no_picture_is_refused_at_once(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(PictureError, match="not a picture"):
            read_picture(sparse(tmp_path / "a.jpg"))
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "BMP", "PPM"])
def test_a_file_far_longer_than_its_picture_is_refused_at_once(tmp_path: Path, format: str) -> None:
    beginning = BytesIO()
    Image.new("RGB", (60, 40)).save(beginning, format)
    tracemalloc.start()
    try:
        with pytest.raises(PictureError, match="more than 268 MB, far more than its picture"):
            read_picture(sparse(tmp_path / "a", beginning=beginning.getvalue()))
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()


def test_a_file_larger_than_any_picture_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"it has more than 2\.5 GB"):
        read_picture(sparse(tmp_path / "a.tif", beginning=photograph_file(format="TIFF")))


def test_a_long_video_behind_a_picture_is_no_reason_to_refuse_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BESIDE", 10**6)
    monkeypatch.setattr(reading, "_DECLARED", 10**4)
    photograph = photograph_file(size=(600, 400))  # declares 3.84 MB
    (tmp_path / "a.jpg").write_bytes(photograph + bytes(4_500_000))
    assert len(read_bytes(tmp_path / "a.jpg")) == len(photograph) + 4_500_000
    stream = BytesIO(photograph + bytes(4_500_000))
    assert len(read_stream(stream.read, name="p")) == len(photograph) + 4_500_000


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero")
def test_an_endless_device_is_refused_at_once() -> None:
    with pytest.raises(PictureError, match="not a picture"):
        read_picture("/dev/zero")


def test_an_endless_stream_that_begins_like_a_picture_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "BESIDE", 10**7)
    beginning = BytesIO(photograph_file(size=(64, 64)))
    with pytest.raises(PictureError, match=r"more than 10 MB, far more than its picture"):
        read_stream(lambda size: beginning.read(size) or bytes(size), name="standard input")
    monkeypatch.setattr(reading, "LARGEST", 10**7)
    beginning = BytesIO(photograph_file(size=(64, 64), format="TIFF"))
    with pytest.raises(PictureError, match=r"it has more than 0\.01 GB"):
        read_stream(lambda size: beginning.read(size) or bytes(size), name="standard input")


def test_a_stream_in_small_pieces_is_read_whole() -> None:
    data = photograph_file(size=(64, 64))
    file = BytesIO(data)
    assert read_stream(lambda size: file.read(min(size, 7)), name="p") == data


def test_a_pipe_that_nobody_writes_into_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.2)
    os.mkfifo(tmp_path / "pipe.jpg")
    started = perf_counter()
    with pytest.raises(PictureError, match=r"nobody has written into this pipe for 0\.2 s"):
        read_bytes(tmp_path / "pipe.jpg")
    assert perf_counter() - started < 2


def test_a_pipe_whose_writer_is_slow_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.1)
    os.mkfifo(tmp_path / "pipe.jpg")
    data = photograph_file(size=(64, 64))

    def write() -> None:
        with (tmp_path / "pipe.jpg").open("wb") as file:
            threading.Event().wait(0.3)
            file.write(data)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert read_bytes(tmp_path / "pipe.jpg") == data
    finally:
        writer.join(10)
