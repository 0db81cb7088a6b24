"""Captions and other blocks of Photoshop: kept in JPEG, TIFF and PNG, as far as they are true."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import tifffile
from PIL import Image
from support.encoded import chunk, codes, exif_with, png, saved, smooth_pixels, through

from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode, losses
from llenhance.pictures.formats.tiff_directory import first_directory
from llenhance.pictures.picture import Picture
from llenhance.pictures.raw_profiles import raw_profile

EXIFTOOL = which("exiftool")


def entry(dataset: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, 2, dataset, len(value)) + value


def block(kind: int, content: bytes, name: bytes = b"") -> bytes:
    called = bytes([len(name)]) + name + b"\0" * ((1 + len(name)) % 2)
    head = b"8BIM" + struct.pack(">H", kind) + called + struct.pack(">I", len(content))
    return head + content + b"\0" * (len(content) % 2)


def resolution(across: float, down: float) -> bytes:
    numbers = (round(across * 65536), 1, 2, round(down * 65536), 1, 2)
    return block(0x03ED, struct.pack(">IHHIHH", *numbers))


CAPTIONS = entry(120, "Büro am Abend".encode("latin-1")) + entry(80, b"A. Dusk")
IPTC = block(0x0404, CAPTIONS)
PADDED = block(0x0404, CAPTIONS + b"\0\0")  # as TIFF files hold it, in fours
DIGEST = block(0x0425, hashlib.md5(CAPTIONS, usedforsecurity=False).digest())
PATH = block(2000, bytes(26 * 3), name=b"Path 1")
SLICES = block(0x041A, bytes(40))
MARK = block(0x040A, b"\1")
OTHER = block(0x0421, b"\0\0\0\1\1" + bytes(20))
FULL = IPTC + DIGEST + PATH + SLICES + MARK + OTHER


def jpeg_with(blocks: bytes, *, orientation: int = 1, **options: Any) -> bytes:
    exif = b"Exif\0\0" + exif_with(orientation)
    data = saved(Image.fromarray(smooth_pixels()), "JPEG", exif=exif, **options)
    body = b"Photoshop 3.0\0" + blocks
    return data[:2] + b"\xff\xed" + struct.pack(">H", 2 + len(body)) + body + data[2:]


def tiff_with(*extra: Any, order: Any = "<") -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(
        file, smooth_pixels(), photometric="rgb", metadata=None, extratags=extra, byteorder=order
    )
    return file.getvalue()


def as_longs(captions: bytes, order: str) -> tuple[Any, ...]:
    """An entry of a TIFF file as Photoshop writes it: bytes, called numbers of four bytes."""
    padded = captions + b"\0" * (-len(captions) % 4)
    numbers = struct.unpack(f"{order}{len(padded) // 4}I", padded)
    return (33723, 4, len(numbers), numbers, True)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
def test_all_blocks_that_stay_true_keep_their_bytes(format: str) -> None:
    picture = decode(jpeg_with(FULL), name="p")
    assert picture.notes == losses(picture, format=format) == ()
    assert through(picture, format).iptc == picture.iptc == FULL


@pytest.mark.parametrize("format", ["WEBP", "AVIF", "BMP"])
def test_a_format_without_a_place_for_captions_says_so(format: str) -> None:
    assert "iptc-lost" in codes(losses(decode(jpeg_with(FULL), name="p"), format=format))


@pytest.mark.parametrize("kind", [0x0409, 0x040C, 0x040F, 0x0422, 0x0423, 0x0424, 0x0406])
def test_what_belongs_to_the_file_that_was_read_is_left_out(kind: int) -> None:
    picture = decode(jpeg_with(FULL + block(kind, b"small and dark")), name="p")
    assert (picture.iptc, picture.notes) == (FULL, ())


def test_places_in_a_picture_that_was_turned_are_left_behind_with_a_note() -> None:
    picture = decode(jpeg_with(FULL, orientation=6), name="p")
    assert picture.iptc == IPTC + DIGEST + MARK + OTHER
    assert codes(picture.notes) == ("photoshop-left-behind",)


def test_a_digest_goes_when_its_captions_are_not_there() -> None:
    assert decode(jpeg_with(DIGEST + MARK), name="p").iptc == MARK


def test_the_digest_stays_that_of_the_captions() -> None:
    back = through(decode(jpeg_with(FULL), name="p"), "TIFF", "PNG", "JPEG").iptc
    assert back is not None
    at = back.index(b"8BIM\x04\x25") + 12
    start = back.index(CAPTIONS)
    captions = back[start : start + len(CAPTIONS)]
    assert back[at : at + 16] == hashlib.md5(captions, usedforsecurity=False).digest()


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_resolution_agrees_with_that_of_the_file(orientation: int) -> None:
    blocks = resolution(72, 72)
    data = jpeg_with(blocks, orientation=orientation, dpi=(300, 150))
    picture = decode(data, name="p")
    dpi = (300, 150) if orientation == 1 else (150, 300)
    assert picture.dpi == dpi
    assert through(picture, "JPEG").iptc == resolution(*dpi)


def test_a_resolution_that_the_blocks_alone_tell_turns_with_the_picture() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    data = saved(Image.fromarray(smooth_pixels()), "JPEG", exif=exif)
    body = b"Photoshop 3.0\0" + resolution(300, 150)
    data = data[:2] + b"\xff\xed" + struct.pack(">H", 2 + len(body)) + body + data[2:]
    picture = decode(data, name="p")
    assert picture.dpi is None
    assert through(picture, "JPEG").iptc == resolution(150, 300)


@pytest.mark.parametrize("order", ["<", ">"])
def test_captions_of_a_tiff_keep_their_bytes(order: str) -> None:
    data = tiff_with(as_longs(CAPTIONS, order), order=order)
    picture = decode(data, name="p")
    assert (picture.iptc, picture.notes) == (PADDED, ())
    entries = first_directory(encode(picture, format="TIFF", name="p")).entries
    assert entries[33723] == first_directory(data).entries[33723]
    assert 34377 not in entries


def test_captions_whose_bytes_were_swapped_are_read() -> None:
    data = tiff_with(as_longs(CAPTIONS, ">"))
    assert decode(data, name="p").iptc == PADDED


def test_blocks_of_a_tiff_keep_their_bytes() -> None:
    blocks = DIGEST + PATH + MARK
    data = tiff_with(as_longs(CAPTIONS, "<"), (34377, 1, len(blocks), blocks, True))
    picture = decode(data, name="p")
    assert (picture.iptc, picture.notes) == (PADDED + blocks, ())
    entries = first_directory(encode(picture, format="TIFF", name="p")).entries
    assert entries == {
        **entries,
        **{tag: first_directory(data).entries[tag] for tag in (33723, 34377)},
    }


def test_the_captions_of_the_entry_count_more_than_those_in_the_blocks() -> None:
    """Programs that change them in a TIFF file leave the older ones in Photoshop's blocks."""
    blocks = block(0x0404, entry(120, b"before")) + MARK
    data = tiff_with(as_longs(CAPTIONS, "<"), (34377, 1, len(blocks), blocks, True))
    assert decode(data, name="p").iptc == PADDED + MARK


def test_captions_without_sense_in_a_tiff_are_told() -> None:
    picture = decode(tiff_with((33723, 7, 9, b"no sense!", True)), name="p")
    assert picture.iptc is None
    assert codes(picture.notes) == ("photoshop-left-behind",)


@pytest.mark.parametrize("content", [IPTC, CAPTIONS, b"Photoshop 3.0\0" + IPTC])
@pytest.mark.parametrize("kind", ["iptc", "8bim"])
def test_captions_of_a_png_are_read_as_programs_write_them(kind: str, content: bytes) -> None:
    text = chunk(b"tEXt", f"Raw profile type {kind}\0".encode() + raw_profile(kind, content))
    picture = decode(png(smooth_pixels(), colour=2, extra=text), name="p")
    assert (picture.iptc, picture.texts, picture.notes) == (IPTC, (), ())


def test_more_blocks_than_any_file_has_cost_no_time() -> None:
    picture = Picture(pixels=smooth_pixels(), iptc=IPTC + MARK * 2_000_000)
    assert len(through(picture, "TIFF").iptc or b"") < 100_000


@pytest.mark.skipif(EXIFTOOL is None, reason="exiftool is not installed")
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
def test_exiftool_reads_the_captions_in_every_format(format: str, tmp_path: Path) -> None:
    picture = decode(jpeg_with(FULL + resolution(72, 72), dpi=(300, 300)), name="p")
    path = tmp_path / f"picture.{format.lower()}"
    path.write_bytes(encode(replace(picture, exif=None, texts=()), format=format, name="p"))
    tags = ("-IPTC:all", "-Photoshop:XResolution", "-Warning")  # it looks at the digest too
    command = [str(EXIFTOOL), "-s3", "-a", *tags, str(path)]
    told = subprocess.run(command, capture_output=True, check=True, text=True)
    assert (told.stdout.splitlines(), told.stderr) == (["Büro am Abend", "A. Dusk", "300"], "")
