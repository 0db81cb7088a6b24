"""Messages of `serve/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {
    # Starting
    "port-in-use": Message("another program listens there already", "Choose another port"),
    "port-not-permitted": Message(
        "the system lets no ordinary user listen there", "Choose a port from 1024 on"
    ),
    "host-not-here": Message(
        "this machine cannot listen there: {reason}", "Name an address of this machine"
    ),
    "token-too-short": Message(
        "it has {length} characters, and could be guessed", "Use one of at least {least} characters"
    ),
    "token-not-plain": Message(
        "it has other characters than letters, digits and -._~+/=", "Use only these"
    ),
    # Requests
    "host-refused": Message(
        "the service is not reached by this name", "Use the address that it printed"
    ),
    "origin-refused": Message(
        "pages of other sites may not use the service", "Open the page of the service itself"
    ),
    "token-wrong": Message(
        "the token is missing or wrong", "Send the header Authorization: Bearer TOKEN"
    ),
    "not-offered": Message("there is nothing of this name", "See /api"),
    "method-not-offered": Message("{method} does nothing here", "See /api"),
    "query-wrong": Message("{problem}", "See /api"),
    "body-missing": Message("the request has no body", "Send the bytes of a picture file"),
    "body-of-other-kind": Message(
        "a body of type {given} is not read", "Send the bytes of the picture file as they are"
    ),
    "body-too-large": Message("it has more than {megabytes:g} MB", "Send a smaller file"),
    "body-too-slow": Message(
        "its bytes came too slowly, or not at all", "Send it again over a faster connection"
    ),
    "service-busy": Message(
        "{count} pictures are being worked on or waiting already", "Try again a little later"
    ),
    "took-too-long": Message(
        "it was not done within {seconds:g} seconds", "Send a smaller picture, or allow more time"
    ),
    "service-ends": Message("it is ending", "Send it again when the service is there again"),
    "preview-gone": Message("its preview was let go", "Send the picture again"),
    "archive-gone": Message("this archive was let go", "Begin a new one"),
    "archive-closed": Message("this archive was fetched already", "Begin a new one"),
    "archives-full": Message(
        "archives hold {megabytes:g} MB, and more are not kept", "Fetch one, or delete it"
    ),
    "service-failed": Message(
        "the service has made a mistake", "Look at what it printed, and report it"
    ),
}
