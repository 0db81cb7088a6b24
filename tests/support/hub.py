"""A small hub on a loopback port, for the real client: what it asks for, and what can go wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import urlsplit

import huggingface_hub
import pytest
from huggingface_hub import constants, file_download

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PREFIXES = {"model": "", "space": "spaces/", "dataset": "datasets/"}

_RESOLVE = re.compile(r"/(spaces/|datasets/)?([\w.-]+/[\w.-]+)/resolve/([^/]+)/(.+)")
_API = re.compile(r"/api/(models|spaces|datasets)/([\w.-]+/[\w.-]+)/(tree|preupload|commit)/")

Where = Literal["HEAD", "GET", "API"]


@dataclass
class Fault:
    """What goes wrong, at each request of one kind.

    Attributes:
        what: status, stall, close, truncate, wrong, garbage, loop, path, or `without HEADER`.
        status: for status.
        code: its X-Error-Code.
        at: bytes after which the connection is cut, for truncate.
        times: how often; then all is well again.
    """

    what: str
    status: int = 500
    code: str = ""
    at: int = 0
    times: int = 1_000_000


@dataclass
class Hub:
    """A hub that is running; `url` is what HF_ENDPOINT would be.

    Attributes:
        files: by kind and repository, then by path.
        faults: by kind of request: HEAD of a file, GET of its bytes, API.
        requests: method and path of all that came.
        ranges: whether parts of a file can be asked for.
    """

    url: str = ""
    files: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    faults: dict[Where, Fault] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    ranges: bool = True

    def add(self, repo: str, files: dict[str, bytes], *, kind: str = "model") -> None:
        """Add files to a repository; those of 1,000 bytes and more are stored by their SHA-256."""
        self.files.setdefault((kind, repo), {}).update(files)

    def fault(self, where: Where) -> Fault | None:
        """Return what goes wrong now."""
        found = self.faults.get(where)
        if found is None or found.times <= 0:
            return None
        found.times -= 1
        return found


@contextmanager
def running_hub() -> Generator[Hub]:
    """Run a hub on a free port."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(self._head, "HEAD")

    def do_GET(self) -> None:
        api = self.path.startswith("/api/")
        self._answer(self._tree if api else self._get, "API" if api else "GET")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else self._chunks()
        self._answer(lambda _fault: self._post(body), "API")

    def _answer(self, answer: Callable[[Fault | None], None], where: Where) -> None:
        self.hub.requests.append((self.command, self.path))
        fault = self.hub.fault(where)
        what = fault.what if fault else ""
        if fault and what == "status":
            self._send(fault.status, {"X-Error-Code": fault.code} if fault.code else {})
        elif what == "stall":
            time.sleep(0.7)
            self.close_connection = True
        elif what == "close":
            self.close_connection = True
        elif what == "loop":
            self._send(302, {"Location": self.path})
        elif what == "garbage":
            self._send(200, {}, b"<html>no hub here</html>")
        else:
            answer(fault)

    def _head(self, fault: Fault | None) -> None:
        found = self._file()
        if found is None:
            return
        data, name = found
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{name}"'}
        if len(data) >= 1000:
            headers |= {"X-Linked-Etag": f'"{name}"', "X-Linked-Size": str(len(data))}
        if fault and fault.what == "path":
            headers = {key: f'"../../{value[1:]}' for key, value in headers.items()}
        if fault and fault.what.startswith("without "):
            missing = fault.what.removeprefix("without ")
            headers = {key: value for key, value in headers.items() if missing not in key.lower()}
        elsewhere = self.hub.url.replace(
            "127.0.0.1", "localhost"
        )  # large files lie on another host
        if len(data) >= 1000:
            self._send(302, headers | {"Location": f"{elsewhere}/cdn{self.path}"})
        else:
            self._send(200, headers | {"Content-Length": str(len(data))})

    def _get(self, fault: Fault | None) -> None:
        found = self._file()
        if found is None:
            return
        data, _ = found
        if fault and fault.what == "wrong":
            data = bytes(255 - byte for byte in data)
        first = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if asked and self.hub.ranges:
            first = int(asked[1])
        part = data[first:]
        headers = {"Content-Length": str(len(part))}
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        if fault and fault.what == "truncate":
            part = part[: fault.at]
            self.close_connection = True
        self._send(206 if first else 200, headers, part)

    def _tree(self, _fault: Fault | None) -> None:
        match = _API.match(urlsplit(self.path).path)
        files = self._repository(match[1].removesuffix("s"), match[2]) if match else None
        if files is None:
            return
        rows = [
            {"type": "file", "path": path, "size": len(data), "oid": "0" * 40}
            for path, data in files.items()
        ]
        self._json(rows)

    def _post(self, body: bytes) -> None:
        path = urlsplit(self.path).path
        if path == "/api/repos/create":
            repo = f"{json.loads(body)['organization']}/{json.loads(body)['name']}"
            self.hub.add(repo, {})
            self._json({"url": f"{self.hub.url}/{repo}"})
        elif path == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []})
        elif match := _API.match(path):
            if match[3] == "preupload":
                rows = [
                    {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                    for one in json.loads(body)["files"]
                ]
                self._json({"files": rows})
            else:
                lines = [json.loads(line) for line in body.splitlines()]
                entries = [line["value"] for line in lines if line["key"] == "file"]
                files = {one["path"]: base64.b64decode(one["content"]) for one in entries}
                self.hub.add(match[2], files)
                url = f"{self.hub.url}/{match[2]}/commit/{COMMIT}"
                self._json({"commitUrl": url, "commitOid": COMMIT, "hookOutput": ""})
        else:
            self._send(404, {})

    def _file(self) -> tuple[bytes, str] | None:
        """Return a file and its name as a blob, or answer that there is none."""
        match = _RESOLVE.fullmatch(urlsplit(self.path).path.removeprefix("/cdn"))
        if match is None:
            self._send(404, {})
            return None
        kind = (match[1] or "models/").removesuffix("s/")
        files = self._repository(kind, match[2])
        if files is None:
            return None
        if match[3] not in ("main", COMMIT):
            self._send(404, {"X-Error-Code": "RevisionNotFound"})
            return None
        data = files.get(match[4])
        if data is None:
            self._send(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
            return None
        large = len(data) >= 1000
        name = hashlib.sha256(data).hexdigest() if large else hashlib.sha1(data).hexdigest()
        return data, name

    def _repository(self, kind: str, repo: str) -> dict[str, bytes] | None:
        files = self.hub.files.get((kind, repo))
        if files is None:
            self._send(404, {"X-Error-Code": "RepoNotFound"})
        return files

    def _json(self, value: object) -> None:
        self._send(200, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def _send(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _chunks(self) -> bytes:
        body = b""
        if "chunked" not in (self.headers.get("Transfer-Encoding") or ""):
            return body
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


def point_client(monkeypatch: pytest.MonkeyPatch, hub: Hub, folder: Path) -> None:
    """Let the client in this process use a hub and an empty cache, and never wait long."""
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE
    path = template.partition("/{repo_id}")[2]
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}" + path)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.5)
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.5)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(file_download, "_ETAG_RETRY_TIMEOUT", 0.5)
    hasty = SimpleNamespace(sleep=_at_once, time=__import__("time").time)
    for module in (file_download, huggingface_hub.utils._http):
        monkeypatch.setattr(module, "time", hasty)


def _at_once(_seconds: float) -> None:
    """Wait for nothing."""
