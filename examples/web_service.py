"""Enhance pictures as a web service: bytes in, bytes out, four threads, one Enhancer.

    python examples/web_service.py 8000 &
    curl --data-binary @examples/coffee.jpg 'http://127.0.0.1:8000/?brightness=0.1' > bright.jpg

The answer is the enhanced picture, in the format of the one that was sent. What its owner may want
to know stands in the header `Llenhance-Notes`, by code. Errors are JSON with a code as well.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from llenhance import Enhancer, LlenhanceError, Request, ResourceError, Wish, enhance_bytes

LARGEST = 64_000_000  # bytes of a request


class Service(ThreadingHTTPServer):
    """A server on this machine alone, whose connections share an Enhancer."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.enhancer = Enhancer()  # threads may share one
        self.workers = ThreadPoolExecutor(4)  # at most four pictures at once, the others wait


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Service

    def do_POST(self) -> None:
        """Enhance the picture in the body."""
        size = int(self.headers.get("Content-Length", "0"))
        if size > LARGEST:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        data = self.rfile.read(size)
        query = parse_qs(urlsplit(self.path).query)
        try:
            wish = Wish(brightness=float(query.get("brightness", ["0"])[0]))
            work = self.server.workers.submit(
                enhance_bytes,
                data,
                name="upload",
                enhancer=self.server.enhancer,
                request=Request(wish=wish),
            )
            outcome = work.result()
        except ResourceError as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, error)
        except LlenhanceError as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, error)
        except ValueError:  # brightness=bright
            self.send_error(HTTPStatus.BAD_REQUEST)
        else:
            notes = ", ".join(note.code for note in outcome.notes)
            self._answer(HTTPStatus.OK, outcome.media_type, outcome.data, notes)

    def _refuse(self, status: HTTPStatus, error: LlenhanceError) -> None:
        problem = {"code": error.code, "text": str(error), "facts": dict(error.facts)}
        self._answer(status, "application/json", json.dumps(problem).encode())

    def _answer(self, status: HTTPStatus, kind: str, body: bytes, notes: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Llenhance-Notes", notes)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    with Service(int(sys.argv[1]) if len(sys.argv) > 1 else 8000) as service:
        print(f"listening on http://127.0.0.1:{service.server_port}", flush=True)
        service.serve_forever()
