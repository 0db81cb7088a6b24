"""Errors as answers: problem details in JSON (RFC 9457) from our codes and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import JSONResponse

from llenhance.errors import LlenhanceError, PictureError, ResourceError, ServiceError, UsageError
from llenhance.messages.note import Note

MEDIA_TYPE: Final = "application/problem+json"

_STATUS: Final[Mapping[str, int]] = {
    "token-wrong": 401,
    "origin-refused": 403,
    "not-offered": 404,
    "preview-gone": 404,
    "archive-gone": 404,
    "method-not-offered": 405,
    "body-too-slow": 408,
    "archive-closed": 409,
    "body-too-large": 413,
    "too-many-pixels": 413,
    "body-of-other-kind": 415,
    "host-refused": 421,
    "service-failed": 500,
    "service-busy": 503,
    "took-too-long": 503,
    "service-ends": 503,
    "archives-full": 507,
}
_BY_KIND: Final = ((PictureError, 422), (UsageError, 400), (ServiceError, 400))
_AGAIN_SECONDS: Final = 2  # after which a client may try again


def status_of(error: LlenhanceError) -> int:
    """Return the HTTP status that an error is answered with."""
    if error.code in _STATUS:
        return _STATUS[error.code]
    if isinstance(error, ResourceError):
        return 503
    return next((status for kind, status in _BY_KIND if isinstance(error, kind)), 500)


def details(error: LlenhanceError) -> dict[str, Any]:
    """Return the problem details of an error: members of RFC 9457, and ours."""
    return {
        "type": f"urn:llenhance:{error.code}",
        "title": _capitalized(error.problem),
        "status": status_of(error),
        "detail": str(error),
        "code": error.code,
        "about": error.name,
        "remedy": error.remedy or None,
        "facts": dict(error.facts),
    }


def problem(error: LlenhanceError) -> JSONResponse:
    """Return the answer to a request that failed."""
    told = details(error)
    headers: dict[str, str] = {}
    if told["status"] == 503:
        headers["Retry-After"] = str(_AGAIN_SECONDS)
    if told["status"] == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if told["status"] in (408, 413, 415, 503):
        headers["Connection"] = "close"  # what is left of the body is not read
    return JSONResponse(told, told["status"], headers, MEDIA_TYPE)


def noted(notes: tuple[Note, ...]) -> list[dict[str, Any]]:
    """Return notes as JSON has them."""
    return [
        {
            "code": note.code,
            "severity": note.severity,
            "text": str(note),
            "remedy": note.remedy or None,
            "facts": dict(note.facts),
        }
        for note in notes
    ]


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]
