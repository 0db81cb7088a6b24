"""Listening: a socket before the model is loaded, then the service on it until a signal comes."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from llenhance.errors import UsageError
from llenhance.serve.guard import LOCAL_NAMES, Access
from llenhance.serve.limits import Limits

LEAST_TOKEN: Final = 16
"""Characters of a token; one that is made here has 32."""

_LISTENING: Final = {errno.EADDRINUSE: "port-in-use", errno.EACCES: "port-not-permitted"}
_FAREWELL_SECONDS: Final = 5  # in which answers that are under way may be finished
_HEAD_BYTES: Final = 65536


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: Name or address of this machine.
        port: 0 for any that is free.

    Raises:
        UsageError: The port is taken or not for us, or the host is not here.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        listening = socket.create_server(address[:2], family=family, backlog=128)
    except socket.gaierror as reason:
        raise UsageError("host-not-here", host, reason=reason.strerror) from reason
    except (OSError, UnicodeError, OverflowError) as reason:
        number = reason.errno or 0 if isinstance(reason, OSError) else 0
        if number in _LISTENING:
            raise UsageError(_LISTENING[number], f"port {port}") from reason
        told = os.strerror(number) if number else str(reason)
        raise UsageError("host-not-here", host, reason=told) from reason
    listening.setblocking(False)
    return listening


def is_local(listening: socket.socket) -> bool:
    """Tell whether only this machine can reach a socket."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_loopback


def access_to(listening: socket.socket, *, host: str, token: str | None) -> Access:
    """Return who may ask a service that listens there.

    Args:
        listening: The socket.
        host: As it was named.
        token: As it was given; without one, one is made if other machines can reach the socket.

    Raises:
        UsageError: The token can be guessed, or could not be sent.
    """
    if token is not None:
        if not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", token):
            raise UsageError("token-not-plain", "the token")
        if len(token) < LEAST_TOKEN:
            raise UsageError("token-too-short", "the token", length=len(token), least=LEAST_TOKEN)
    if token is None and not is_local(listening):
        token = secrets.token_urlsafe(24)
    address = ipaddress.ip_address(listening.getsockname()[0])
    names = None if address.is_unspecified else LOCAL_NAMES | {_in_url(host.lower())}
    return Access(names=names, token=token)


def address_of(listening: socket.socket, *, host: str) -> str:
    """Return the address of the page."""
    own = listening.getsockname()
    if ipaddress.ip_address(own[0]).is_unspecified:
        host = socket.gethostname()
    return f"http://{_in_url(host)}:{own[1]}/"


class Server(uvicorn.Server):
    """Answers requests until SIGINT or SIGTERM comes, which is then raised again.

    Set `should_exit` to end it otherwise. Work that is under way then ends at its next tile.

    Args:
        app: From `app.application`.
        limits: On connections, and on how long a request may take to begin.
        started: Called when requests are answered.
    """

    def __init__(self, app: Starlette, *, limits: Limits, started: Callable[[], None]) -> None:
        class Protocol(_PatientProtocol):
            head_seconds = limits.head_seconds

        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=limits.connections,
            h11_max_incomplete_event_size=_HEAD_BYTES,
            timeout_graceful_shutdown=_FAREWELL_SECONDS,
        )
        super().__init__(config)
        self._tell_started: Callable[[], None] = started
        self._tell_ending: Callable[[], None] = app.state.service.close

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._tell_ending()
        await super().shutdown(sockets)


class _PatientProtocol(H11Protocol):
    """A connection that is closed if the head of a request does not come in time."""

    head_seconds = 10.0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._wait_no_longer()
        elif self.cycle is None or self.cycle.response_complete:  # pyright: ignore[reportUnnecessaryComparison]
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_longer()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(self.head_seconds, self.transport.close)

    def _wait_no_longer(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def _in_url(host: str) -> str:
    """Return a host as addresses have it: those of IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
