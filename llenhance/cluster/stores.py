"""Where files are: on a disk that all workers see, or in an object store. Whole files in and out.

Names are those that people give: paths, and addresses such as `s3://bucket/photos/a.jpg`.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

from llenhance.errors import PictureError, UsageError, require
from llenhance.files.preflight import check_output
from llenhance.files.reading import read_bytes, read_stream
from llenhance.files.whole import make_folder, write_whole
from llenhance.pictures.formats import FORMATS, format_in
from llenhance.system import system_errors

_ADDRESS: Final = re.compile(r"(s3|gs)://")
_AS_PATH: Final = re.compile(r"(s3|gs):/(?!/)")


class Store(Protocol):
    """Reads and writes files by their names."""

    def read(self, name: str) -> bytes:
        """Return the content of a file; its beginning if that is no picture.

        Raises:
            PictureError: It cannot be read.
            ResourceError: There is not enough memory.
        """
        ...

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of this name."""
        ...

    def check(self, name: str, *, overwrite: bool) -> None:
        """Raise, before any work, what would keep a file from being written.

        Raises:
            PictureError: It exists, or cannot be written.
        """
        ...

    def write(self, name: str, data: bytes, *, overwrite: bool, like: str) -> None:
        """Write a file completely, or leave it as it was.

        Args:
            name: Of the file.
            data: Its whole content.
            overwrite: Replace the file if it exists.
            like: Name of the file that it is made of.

        Raises:
            PictureError: It exists, or cannot be written.
            ResourceError: The disk is full.
        """
        ...


def is_address(name: str) -> bool:
    """Tell whether a name is one of an object store."""
    return _ADDRESS.match(name) is not None


def plain(name: str) -> str:
    """Return a name without `file://` before its path."""
    if not name.startswith("file://"):
        return name
    return unquote(urlsplit(name).path)


def as_path(name: str) -> str:
    """Return a name as a path that no disk has: so addresses can be planned like paths."""
    return name.replace("://", ":/", 1) if is_address(name) else name


def as_name(path: Path) -> str:
    """Return the name that `as_path` has made a path of."""
    return _AS_PATH.sub(r"\1://", str(path), count=1)


def store_of(name: str) -> Store:
    """Return the store that a file is in."""
    return Objects() if is_address(name) else Disk()


class Disk:
    """Files by their paths."""

    def read(self, name: str) -> bytes:
        return read_bytes(Path(name))

    def exists(self, name: str) -> bool:
        return Path(name).exists()

    def check(self, name: str, *, overwrite: bool) -> None:
        check_output(Path(name), overwrite=overwrite, folder_will_be_made=True)

    def write(self, name: str, data: bytes, *, overwrite: bool, like: str) -> None:
        path = Path(name)
        make_folder(path.parent)
        source = None if is_address(like) else Path(like)
        write_whole(path, data, overwrite=overwrite, like=source)


class Objects:
    """Objects by their addresses, through pyarrow, which takes credentials from the environment.

    An object appears when all of it is there. Two that write one name at the same moment are not
    kept apart: the last one stays.
    """

    def read(self, name: str) -> bytes:
        with _system(name) as (files, path), files.open_input_stream(path) as stream:
            return read_stream(stream.read, name=name)

    def exists(self, name: str) -> bool:
        with _system(name) as (files, path):
            try:
                files.open_input_file(path).close()  # one request; asking for its kind lists, too
            except FileNotFoundError:
                return False
            return True

    def check(self, name: str, *, overwrite: bool) -> None:
        if not overwrite and self.exists(name):
            raise PictureError("exists", name)

    def write(self, name: str, data: bytes, *, overwrite: bool, like: str) -> None:
        self.check(name, overwrite=overwrite)
        format = format_in(data)
        kind = {"Content-Type": FORMATS[format].mime} if format else None
        with _system(name) as (files, path), files.open_output_stream(path, metadata=kind) as file:
            file.write(data)

    def below(self, name: str, *, recursive: bool) -> Iterator[str] | None:
        """Yield the names of all objects below an address; None if it is an object itself.

        Raises:
            PictureError: There is nothing of this name, or it may not be looked at.
        """
        fs = require("pyarrow.fs", extra="cluster")
        with _system(name) as (files, path):
            if files.get_file_info(path).is_file:
                return None
            found = files.get_file_info(fs.FileSelector(path, recursive=recursive))
        scheme = name.partition("://")[0]
        return (f"{scheme}://{one.path}" for one in found if one.is_file)


@contextmanager
def _system(name: str) -> Generator[tuple[Any, str]]:
    """Give the file system of an address and the path in it; what it refuses becomes an error."""
    scheme, _, path = name.partition("://")
    invalid = require("pyarrow", extra="cluster").ArrowInvalid
    with system_errors(name):
        try:
            yield _files(scheme, path.partition("/")[0]), path
        except invalid as reason:  # a `ValueError`
            raise UsageError("address-wrong", name, reason=str(reason)) from reason


@cache
def _files(scheme: str, bucket: str) -> Any:
    # A name is no URI: it may have spaces and question marks. So only the bucket is read as one.
    # What is small is put with one request, instead of three for an upload in parts.
    options = "?allow_delayed_open=true" if scheme == "s3" else ""
    files, _ = require("pyarrow.fs", extra="cluster").FileSystem.from_uri(
        f"{scheme}://{bucket}{options}"
    )
    return files
