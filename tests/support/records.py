"""Records of what made a picture, and pictures that have one."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.provenance import Provenance, recorded

RECORD: Final = Provenance(
    version="9.8.7",
    model="nano",
    model_sha256="0" * 64,
    constant=0.0,
    device="cpu",
    precision="fp32",
    format="JPEG",
    source_name="photo.jpg",
    source_sha256="1" * 64,
)


def result_of(data: bytes, name: str, **told: Any) -> bytes:
    """Return a file that says it is a result of a picture.

    Args:
        data: of the picture.
        name: of its file.
        told: what the record says otherwise than `RECORD`.
    """
    checksum = sha256(data).hexdigest()
    record = replace(RECORD, source_name=name, source_sha256=checksum, **told)
    picture = replace(decode(data, name=name), xmp=recorded(None, record))
    return encode(picture, format="JPEG", name=name)
