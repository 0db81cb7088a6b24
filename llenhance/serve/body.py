"""What a request sends: the bytes of a picture, no more than the limit, and not too slowly."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

from llenhance.errors import ServiceError
from llenhance.serve.limits import Limits

# What tools send with raw bytes; the last is what curl says of any --data-binary.
_KINDS: Final = ("application/octet-stream", "application/x-www-form-urlencoded")
_NAME: Final = "the picture"


async def picture_in(request: Request, limits: Limits) -> bytes:
    """Return the body of a request.

    Raises:
        ServiceError: It is empty, too large, too slow, or of another kind.
        ClientDisconnect: Who sends it has gone.
    """
    kind = request.headers.get("content-type", _KINDS[0]).partition(";")[0].strip().lower()
    if not (kind in _KINDS or kind.startswith("image/")):
        raise ServiceError("body-of-other-kind", _NAME, given=kind[:100])
    most = limits.body_bytes
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:  # refused before a byte is read
        raise _too_large(most)
    parts, size = list[bytes](), 0
    chunks, started = request.stream(), asyncio.get_running_loop().time()
    while True:
        patience = started + limits.body_grace_seconds + size / limits.body_rate
        try:
            async with asyncio.timeout_at(patience):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            break
        except TimeoutError:
            raise ServiceError("body-too-slow", _NAME) from None
        size += len(chunk)
        if size > most:
            raise _too_large(most)
        parts.append(chunk)
    if not size:
        raise ServiceError("body-missing", _NAME)
    return b"".join(parts)


async def gone(request: Request) -> None:
    """Return when who has asked, and sent everything, no longer waits for the answer."""
    try:
        while (await request.receive())["type"] != "http.disconnect":
            pass
    except ClientDisconnect:
        return


def _too_large(most: int) -> ServiceError:
    return ServiceError("body-too-large", _NAME, megabytes=most / 1e6)
