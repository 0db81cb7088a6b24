"""What is offered where: the page, `POST /enhance`, previews, archives, `/healthz`."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from llenhance.engine.engine import Engine
from llenhance.enhancing.progress import Progress
from llenhance.errors import LlenhanceError, ResourceError, ServiceError
from llenhance.jobs.enhancers import AnyEnhancer
from llenhance.jobs.task import Outcome, enhance_bytes
from llenhance.memory import is_shortage
from llenhance.pictures.decode import decode
from llenhance.pictures.formats import FORMATS
from llenhance.serve.archives import Archives, inner_name
from llenhance.serve.assets import ASSETS, Asset
from llenhance.serve.body import picture_in
from llenhance.serve.guard import Access, Guard
from llenhance.serve.limits import Limits
from llenhance.serve.live import LivePicture
from llenhance.serve.openapi import document
from llenhance.serve.options import Look, Named, Options, asked
from llenhance.serve.problems import noted, problem
from llenhance.serve.room import Room
from llenhance.serve.shelf import Shelf
from llenhance.version import __version__

_TIDY_SECONDS: Final = 30.0
_NOTES: Final = 6000  # bytes of a header with notes: clients take 8 kB and more
_OPEN: Final = frozenset({*ASSETS, "/healthz", "/openapi.json"})

Answer = Callable[[Request], Awaitable[Response]]


class ServingEnhancer(AnyEnhancer, Protocol):
    """What the service needs of an `Enhancer`."""

    @property
    def engine(self) -> Engine: ...


class Service:
    """All that requests share; see `application`."""

    def __init__(self, enhancer: ServingEnhancer, limits: Limits, *, needs_token: bool) -> None:
        self._enhancer, self._limits = enhancer, limits
        self._room = Room(limits)
        self._opening = Room(replace(limits, at_once=1))  # short: it waits for no full picture
        self._previews = Shelf[LivePicture](most=limits.previews, idle_seconds=limits.idle_seconds)
        self._archives = Archives(limits)
        self._sliders = ThreadPoolExecutor(1, thread_name_prefix="preview")
        self._document = document(limits, needs_token=needs_token)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncGenerator[None]:
        """Let unused things go from time to time, and everything at the end."""
        tidying = asyncio.create_task(self._tidy())
        try:
            yield
        finally:
            tidying.cancel()
            self.close()
            self._sliders.shutdown(wait=False, cancel_futures=True)
            self._previews.clear()
            self._archives.close()

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            self._previews.tidy()
            self._archives.tidy()

    def close(self) -> None:
        """Let work end soon: the service is going to end."""
        self._room.close()
        self._opening.close()

    def routes(self) -> list[Route]:
        """Return what is offered where."""
        offered: list[tuple[str, str, Answer]] = [
            ("POST", "/enhance", self._enhance),
            ("POST", "/previews", self._begin_preview),
            ("GET", "/previews/{name}/before", self._before),
            ("GET", "/previews/{name}/after", self._after),
            ("DELETE", "/previews/{name}", self._end_preview),
            ("POST", "/archives", self._begin_archive),
            ("POST", "/archives/{name}", self._add_to_archive),
            ("GET", "/archives/{name}", self._fetch_archive),
            ("DELETE", "/archives/{name}", self._end_archive),
            ("GET", "/healthz", self._health),
            ("GET", "/about", self._about),
            ("GET", "/openapi.json", self._openapi),
            *(("GET", path, partial(_asset, asset)) for path, asset in ASSETS.items()),
        ]
        return [Route(path, answer, methods=[method]) for method, path, answer in offered]

    async def _made(self, request: Request) -> tuple[Options, Outcome]:
        """Return what a request asks for, and the picture that was made."""
        options = asked(Options, request.query_params)
        wanted = options.request(max_megapixels=self._limits.megapixels)
        with self._room.place():
            data = await picture_in(request, self._limits)

            def enhanced(progress: Progress) -> Outcome:
                return enhance_bytes(
                    data,
                    name=options.name,
                    enhancer=self._enhancer,
                    request=wanted,
                    progress=progress,
                )

            return options, await self._room.work(request, enhanced)

    async def _enhance(self, request: Request) -> Response:
        options, outcome = await self._made(request)
        extension = FORMATS[outcome.format].extensions[0]
        name = inner_name(options.name, extension=extension).rpartition("/")[2]
        headers = {
            "Llenhance-Notes": _as_header(noted(outcome.notes)),
            "Llenhance-Brightness": f"{outcome.brightness:.6g}",
            "Llenhance-Mean-Gray": f"{outcome.mean_grey:.6g}",
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}",
        }
        return Response(outcome.data, headers=headers, media_type=outcome.media_type)

    async def _begin_preview(self, request: Request) -> Response:
        name = asked(Named, request.query_params).name
        with self._opening.place():
            data = await picture_in(request, self._limits)

            def opened(_progress: Progress) -> LivePicture:
                picture = decode(data, name=name, max_megapixels=self._limits.megapixels)
                return LivePicture(self._enhancer.engine, picture)

            live = await self._opening.work(request, opened)
        known = self._previews.put(secrets.token_urlsafe(24), live)
        told = {"id": known, "width": live.width, "height": live.height}
        return JSONResponse(told, 201)

    async def _before(self, request: Request) -> Response:
        live = self._preview(request)
        return await self._shown(live.before)

    async def _after(self, request: Request) -> Response:
        live, wish = self._preview(request), asked(Look, request.query_params).wish()
        turn = live.turn()
        return await self._shown(lambda: live.after(wish, turn=turn))

    async def _shown(self, show: Callable[[], bytes | None]) -> Response:
        made = await asyncio.get_running_loop().run_in_executor(self._sliders, show)
        return (
            Response(status_code=204) if made is None else Response(made, media_type="image/jpeg")
        )

    def _preview(self, request: Request) -> LivePicture:
        found = self._previews.get(request.path_params["name"])
        if found is None:
            raise ServiceError("preview-gone", "the picture")
        return found

    async def _end_preview(self, request: Request) -> Response:
        self._previews.remove(request.path_params["name"])
        return Response(status_code=204)

    async def _begin_archive(self, _request: Request) -> Response:
        self._archives.check_room()
        return JSONResponse({"id": self._archives.begin()}, 201)

    async def _add_to_archive(self, request: Request) -> Response:
        archive = self._archives.find(request.path_params["name"])
        self._archives.check_room()
        options, outcome = await self._made(request)
        name = inner_name(options.name, extension=FORMATS[outcome.format].extensions[0])
        own = await asyncio.to_thread(archive.add, name, outcome.data)
        return JSONResponse({"name": own, "notes": noted(outcome.notes)}, 201)

    async def _fetch_archive(self, request: Request) -> Response:
        archive = self._archives.find(request.path_params["name"])
        headers = {"Content-Disposition": 'attachment; filename="llenhance.zip"'}
        parts = iterate_in_threadpool(archive.contents())
        return StreamingResponse(parts, headers=headers, media_type="application/zip")

    async def _end_archive(self, request: Request) -> Response:
        self._archives.remove(request.path_params["name"])
        return Response(status_code=204)

    async def _health(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "model": self._enhancer.model_name.rpartition("/")[2],
                "inside": self._room.inside,
            }
        )

    async def _about(self, _request: Request) -> Response:
        limits = self._limits
        written = [f for f in FORMATS.values() if f.writer is not None]
        return JSONResponse(
            {
                "version": __version__,
                "model": self._enhancer.model_name.rpartition("/")[2],
                "megabytes": limits.body_bytes / 1e6,
                "megapixels": limits.megapixels,
                "formats": [{"name": f.title, "extension": f.extensions[0]} for f in written],
            }
        )

    async def _openapi(self, _request: Request) -> Response:
        return JSONResponse(self._document)


def application(
    enhancer: ServingEnhancer, *, limits: Limits | None = None, access: Access | None = None
) -> Starlette:
    """Return the service as an ASGI application; `app.state.service` can be told to end.

    Args:
        enhancer: Shared by all requests.
        limits: What it takes on.
        access: Who may ask; `open_paths` are those of the page.

    Raises:
        UsageError: A limit is out of range.
    """
    given = access or Access()
    service = Service(enhancer, limits or Limits(), needs_token=given.token is not None)
    known = replace(given, open_paths=_OPEN)
    app = Starlette(
        routes=service.routes(),
        middleware=[Middleware(Guard, access=known)],
        exception_handlers={
            LlenhanceError: _told,
            HTTPException: _refused,
            ClientDisconnect: _nobody,
            Exception: _failed,
        },
        lifespan=service.lifespan,
    )
    app.state.service = service
    return app


async def _asset(asset: Asset, _request: Request) -> Response:
    return Response(asset.content, media_type=asset.media_type)


def _as_header(notes: list[dict[str, Any]]) -> str:
    """Return notes as JSON in ASCII, those at the end left out if there are too many."""
    while len(text := json.dumps(notes)) > _NOTES:
        notes = notes[:-1]
    return text


async def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LlenhanceError)
    return problem(error)


async def _refused(request: Request, error: Exception) -> Response:
    """Answer what no route is for."""
    if getattr(error, "status_code", 404) == 405:
        refused = ServiceError("method-not-offered", request.url.path, method=request.method)
        answer = problem(refused)
        answer.headers.update(getattr(error, "headers", None) or {})
        return answer
    return problem(ServiceError("not-offered", request.url.path))


async def _nobody(_request: Request, _error: Exception) -> Response:
    """Answer somebody who has gone: it is not sent."""
    return Response(status_code=204)


async def _failed(_request: Request, error: Exception) -> Response:
    """Answer in words; what is not a lack of memory is a mistake of ours, and is also printed."""
    if is_shortage(error):
        return problem(ResourceError("out-of-memory", "the picture"))
    return problem(ServiceError("service-failed", "the service"))
