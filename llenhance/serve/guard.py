"""Who may ask: nobody by a strange name, no page of another site, and nobody without the token.

A page of strangers in the same browser could send requests to this machine, and one whose name is
made to mean this machine (DNS rebinding) could also read the answers. So the Host header must be a
name that the service was started for, and browsers must say that a request is from its own page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from llenhance.errors import ServiceError
from llenhance.serve.problems import problem

LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask.

    Attributes:
        names: What the Host header may say, without the port and in lower case; None for anything,
            where the service listens on all addresses and the token alone decides.
        token: That requests must show; None if none is needed.
        open_paths: What needs no token: the page, which has none yet, and `/healthz`.
        open_prefix: Below it are names that nobody can guess, which take the place of the token.
    """

    names: frozenset[str] | None = LOCAL_NAMES
    token: str | None = None
    open_paths: frozenset[str] = frozenset()
    open_prefix: str = "/archives/"


class Guard:
    """Lets a request through to the application, or refuses it; puts headers on every answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            self._check(scope)
        except ServiceError as error:
            await problem(error)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)

    def _check(self, scope: Scope) -> None:
        """Raise for a request that is not let through.

        Raises:
            ServiceError: It is refused.
        """
        headers, access = Headers(scope=scope), self._access
        hosts = headers.getlist("host")
        if len(hosts) != 1 or (access.names is not None and _name_in(hosts[0]) not in access.names):
            raise ServiceError("host-refused", "the request")
        if not _is_own(scope, headers, host=hosts[0]):
            raise ServiceError("origin-refused", "the request")
        if access.token is None or scope["path"] in access.open_paths:
            return
        if scope["method"] == "GET" and scope["path"].startswith(access.open_prefix):
            return
        if not _shows(headers.getlist("authorization"), access.token):
            raise ServiceError("token-wrong", "the request")


def _name_in(host: str) -> str:
    """Return the name in a Host header, without the port and in lower case."""
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+?)\.?(?::\d+)?", host.strip().lower())
    return found[1] if found else ""


def _is_own(scope: Scope, headers: Headers, *, host: str) -> bool:
    """Tell whether a request is from the service's own page, or from no page at all."""
    for origin in headers.getlist("origin"):
        if origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()):
            return False
    sites = set(headers.getlist("sec-fetch-site"))
    if sites <= {"same-origin", "none"}:
        return True
    # A link to the page may stand anywhere: it is opened, and the site that has it sees nothing.
    is_link = headers.get("sec-fetch-mode") == "navigate"
    return is_link and scope["method"] == "GET" and scope["path"] in ("/", "/api")


def _shows(values: Iterable[str], token: str) -> bool:
    """Tell whether a request shows the token; how long it takes says nothing about the token."""
    given = list(values)
    if len(given) != 1:
        return False
    scheme, _, shown = given[0].partition(" ")
    return scheme.lower() == "bearer" and compare_digest(shown.strip().encode(), token.encode())
