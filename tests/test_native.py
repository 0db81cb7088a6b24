"""What C libraries write to standard error is caught; what anybody else writes gets through."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from llenhance.pictures.native import overheard

LIBTIFF = b"Fax4Decode: Bad code word at line 8 of strip 0 (x 56).\n"
LIBJPEG = b"Corrupt JPEG data: 33 extraneous bytes before marker 0xd9\n"
OPENCV = b"[ WARN:0@0.371] global grfmt_tiff.cpp:123 TIFF_Warning Unknown field with tag 40094\n"
LIBPNG = b"libpng warning: iCCP: known incorrect sRGB profile\n"


@pytest.mark.parametrize("line", [LIBTIFF, LIBJPEG, OPENCV, LIBPNG])
def test_a_line_of_a_library_is_caught(capfd: pytest.CaptureFixture[str], line: bytes) -> None:
    with overheard() as heard:
        os.write(2, line)
    assert heard.lines == [line.decode().strip()]
    assert capfd.readouterr().err == ""


def test_an_empty_line_behind_a_message_is_caught(capfd: pytest.CaptureFixture[str]) -> None:
    with overheard() as heard:
        os.write(2, OPENCV + b"\n")
    assert heard.count == 1
    assert capfd.readouterr().err == ""


def test_what_pillow_logs_is_not_printed() -> None:
    """Python prints what is logged if nobody listens."""
    code = """
from PIL import TiffImagePlugin
from llenhance.pictures import guard
TiffImagePlugin.logger.error("More samples per pixel than can be decoded")
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stderr == b""


def test_what_others_write_gets_through(capfd: pytest.CaptureFixture[str]) -> None:
    written = b"my own line\nTraceback (most recent call last)\n\x1b[2K half a bar"
    with overheard() as heard:
        writer = threading.Thread(target=os.write, args=(2, written))
        writer.start()
        writer.join()
    assert heard.count == 0
    assert capfd.readouterr().err == written.decode()


def test_a_bar_is_drawn_meanwhile(tmp_path: Path) -> None:
    """It has no end of line; who waits for one would hold it back."""
    seen = tmp_path / "seen"
    code = f"""
import os, time
from pathlib import Path
from llenhance.pictures.native import overheard
with overheard():
    os.write(2, b"\\r 50 %")
    for _ in range(200):
        if Path({str(seen)!r}).read_bytes() == b"\\r 50 %":
            break
        time.sleep(0.01)
    else:
        raise SystemExit(1)
"""
    with seen.open("wb") as file:
        assert (
            subprocess.run([sys.executable, "-c", code], stderr=file, check=False).returncode == 0
        )


def test_very_many_lines_are_counted_and_few_are_kept() -> None:
    with overheard() as heard:
        for _ in range(20_001):
            os.write(2, LIBTIFF)
    assert heard.count == 20_001
    assert len(heard.lines) < 2000


def test_standard_error_is_as_before_after_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="dusk"), overheard():
        raise ValueError("dusk")
    os.write(2, LIBTIFF)
    assert capfd.readouterr().err == LIBTIFF.decode()


def test_standard_error_may_be_closed() -> None:
    code = """
import os
os.close(2)
from llenhance.pictures.native import overheard
for _ in range(3):
    with overheard() as heard:
        os.write(2, b"Fax4Decode: Bad code word.\\n")
    assert heard.count == 1, heard.count
try:
    os.fstat(2)
except OSError:
    raise SystemExit(0)
raise SystemExit(3)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert done.returncode == 0
