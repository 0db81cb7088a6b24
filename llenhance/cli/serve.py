"""`llenhance serve`: a page in the browser for people, and HTTP for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llenhance.cli.enhance_options import Fast, MaxMegapixels, Threads
from llenhance.cli.obtain import obtain
from llenhance.cli.options import Device, Json, Model, Offline, Precision, Quiet, Tile, tile_side
from llenhance.cli.terminal import Terminal
from llenhance.errors import require
from llenhance.pictures.limits import MEGAPIXELS

if TYPE_CHECKING:
    from llenhance.enhancer import Enhancer

Host = Annotated[
    str,
    typer.Option(
        metavar="HOST",
        help="Listen there; other machines need a token then.",
    ),
]
Port = Annotated[
    int, typer.Option(metavar="PORT", min=0, max=65535, help="Listen there; 0 is any that is free.")
]
Token = Annotated[
    str | None,
    typer.Option(
        metavar="TOKEN",
        envvar="LLENHANCE_TOKEN",
        show_envvar=False,
        help="What requests must show; better in LLENHANCE_TOKEN, which others cannot see.",
    ),
]
Open = Annotated[bool, typer.Option("--open", help="Open the page in a browser.")]
AtOnce = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", min=1, max=64, help="Pictures at once.")
]
MaxMegabytes = Annotated[float, typer.Option(metavar="N", min=0.01, help="Refuse larger files.")]
Timeout = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=1, help="Give a picture up that takes longer."),
]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8765,
    token: Token = None,
    open_page: Open = False,
    model: Model = "nano",
    device: Device = "auto",
    precision: Precision = "auto",
    tile: Tile = "auto",
    fast: Fast = False,
    offline: Offline = False,
    max_megapixels: MaxMegapixels = MEGAPIXELS,
    max_megabytes: MaxMegabytes = 100,
    timeout: Timeout = 600,
    jobs: AtOnce = 1,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Enhance pictures on a page in the browser, and over HTTP.

    Only this machine can reach it, unless --host says otherwise. Ctrl-C ends it.

    \b
    Examples:
      llenhance serve --open
      llenhance serve --port 8000 --jobs 2
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    terminal = Terminal("serve", json=json, quiet=quiet)
    require("starlette", extra="serve")
    require("uvicorn", extra="serve")

    from llenhance.serve.limits import Limits
    from llenhance.serve.server import access_to, address_of, is_local, listen

    limits = Limits(
        body_bytes=round(max_megabytes * 1e6),
        megapixels=max_megapixels,
        at_once=jobs,
        work_seconds=timeout,
    )
    listening = listen(host, port)
    with listening:
        access = access_to(listening, host=host, token=token)
        page = address_of(listening, host=host)
        shown = f"{page}#token={access.token}" if access.token else page
        enhancer = _loaded(
            model,
            terminal,
            offline=offline,
            device=device,
            precision=precision,
            tile=tile,
            fast=fast,
            threads=threads,
            jobs=jobs,
        )

        def started() -> None:
            if json:
                told = {"address": page, "token": access.token, "model": model}
                terminal.document(told, lines=True)
            else:
                reach = "" if is_local(listening) else "Other machines can reach it. "
                terminal.write_line(shown)
                terminal.say(f"{reach}Ctrl-C ends it")
            if open_page:
                import webbrowser

                webbrowser.open(shown)

        from llenhance.serve.app import application
        from llenhance.serve.server import Server

        app = application(enhancer, limits=limits, access=access)
        Server(app, limits=limits, started=started).run(sockets=[listening])


def _loaded(
    model: str,
    terminal: Terminal,
    *,
    offline: bool,
    device: str,
    precision: str,
    tile: str,
    fast: bool,
    threads: int | None,
    jobs: int,
) -> Enhancer:
    found = obtain(model, terminal=terminal, offline=offline)

    from llenhance.engine.settings import use_threads  # imports torch
    from llenhance.enhancer import Enhancer

    use_threads(threads, at_once=jobs)
    return Enhancer(found, device=device, precision=precision, tile=tile_side(tile), fast=fast)
