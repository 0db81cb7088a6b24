"""What the service refuses: strange names, pages of other sites, missing tokens, endless bodies."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import httpx2
import pytest
from starlette.testclient import TestClient
from support.photographs import photograph_file
from support.runners import ENVIRONMENT, Command
from support.service import ADDRESS

from llenhance import Enhancer, UsageError, read_picture
from llenhance.serve import app as serving
from llenhance.serve.app import application
from llenhance.serve.assets import ASSETS
from llenhance.serve.guard import Access
from llenhance.serve.limits import Limits
from llenhance.serve.server import Server, access_to, address_of, listen

PHOTO = photograph_file()
DOCS = Path(__file__).parents[1] / "docs" / "serve.md"
TOKEN = "a-token-of-some-length"


@pytest.fixture(scope="module")
def secured(enhancer: Enhancer) -> Iterator[TestClient]:
    access = Access(names=None, token=TOKEN)
    with TestClient(application(enhancer, access=access), base_url="http://box:80") as one:
        yield one


# ---- Who may ask


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8765", "127.0.0.1:1", "[::1]:8765", "LOCALHOST."]
)
def test_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:8765",
        "",
        "127.0.0.1@evil.example",
        "192.168.0.7",
    ],
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/about"])
def test_other_names_are_refused(client: TestClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "host-refused")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/enhance"), ("POST", "/archives"), ("GET", "/about")]
)
def test_pages_of_other_sites_are_refused(
    client: TestClient, headers: dict[str, str], method: str, path: str
) -> None:
    answer = client.request(method, path, content=PHOTO, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-refused")
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_own_page_programs_and_links_are_answered(client: TestClient) -> None:
    own = {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin", "Host": "localhost:8765"}
    assert client.post("/archives", headers=own).status_code == 201
    assert client.post("/archives").status_code == 201
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200


def test_asking_beforehand_is_not_allowed(client: TestClient) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert client.options("/enhance", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "shown",
    [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \u00e9"],
)
@pytest.mark.parametrize("path", ["/about", "/enhance", "/previews/x/before", "/nothing"])
def test_without_the_token_nothing_is_answered(
    secured: TestClient, shown: str | None, path: str
) -> None:
    headers = [] if shown is None else [(b"Authorization", shown.encode("latin-1"))]
    answer = secured.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token-wrong")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_with_the_token_everything_is_answered(secured: TestClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert secured.post("/enhance", content=PHOTO, headers=headers).status_code == 200
    known = secured.post("/archives", headers=headers).json()["id"]
    assert secured.get(f"/archives/{known}").status_code == 200  # a download has no headers
    assert secured.post(f"/archives/{known}", content=PHOTO).status_code == 401


@pytest.mark.parametrize("path", [*ASSETS, "/healthz", "/openapi.json"])
def test_page_comes_without_the_token(secured: TestClient, path: str) -> None:
    answer = secured.get(path)
    assert answer.status_code == 200
    assert TOKEN not in answer.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/api"])
def test_every_answer_has_the_headers_that_protect(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/page.css/../../../__init__.py",
        "/previews/..%2f..%2fetc%2fpasswd/before",
        "/archives/%2fetc%2fpasswd",
        "/page.css%00.html",
        "/index.html",
        "/__init__.py",
    ],
)
def test_no_path_of_the_machine_is_read(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text


def test_nothing_is_written_into_folders(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    known = client.post("/archives").json()["id"]
    for name in ("a.jpg", str(tmp_path / "b.jpg"), "../c.jpg"):
        assert client.post("/enhance", content=PHOTO, params={"name": name}).status_code == 200
        added = client.post(f"/archives/{known}", content=PHOTO, params={"name": name})
        assert added.status_code == 201
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path.parent / "c.jpg").exists()


# ---- What is sent


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "text/plain", "application/json"]
)
def test_other_kinds_of_bodies_are_refused(client: TestClient, kind: str) -> None:
    answer = client.post("/enhance", content=PHOTO, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "body-of-other-kind")


@pytest.mark.parametrize("kind", ["image/jpeg", "IMAGE/X-ADOBE-DNG", "application/octet-stream"])
def test_pictures_by_any_name_are_read(client: TestClient, kind: str) -> None:
    answer = client.post("/enhance", content=PHOTO, headers={"Content-Type": kind})
    assert answer.status_code == 200


def test_empty_body_is_refused(client: TestClient) -> None:
    answer = client.post("/enhance")
    assert (answer.status_code, answer.json()["code"]) == (400, "body-missing")


@pytest.mark.parametrize("announced", [True, False])
def test_large_body_is_refused_before_all_of_it_is_read(
    enhancer: Enhancer, announced: bool
) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield bytes(1000)

    headers = {"Content-Length": "1000000"} if announced else {}
    with TestClient(application(enhancer, limits=Limits(body_bytes=5000)), base_url=ADDRESS) as one:
        answer = one.post("/enhance", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.json()["facts"] == {"megabytes": 0.005}


def test_many_pixels_are_refused(enhancer: Enhancer) -> None:
    limits = Limits(megapixels=0.00001)
    with TestClient(application(enhancer, limits=limits), base_url=ADDRESS) as one:
        answer = one.post("/enhance", content=PHOTO)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-pixels")


# ---- A server, and sockets


Served = Callable[[Limits], int]


@pytest.fixture
def served(enhancer: Enhancer) -> Iterator[Served]:
    """Start a server with limits; return its port."""
    ends: list[Callable[[], None]] = []

    def start(limits: Limits) -> int:
        app, listening, ready = (
            application(enhancer, limits=limits),
            listen("127.0.0.1", 0),
            Event(),
        )
        server = Server(app, limits=limits, started=ready.set)
        port = listening.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert ready.wait(10)

        def end() -> None:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()

        ends.append(end)
        return port

    yield start
    for end in ends:
        end()


def answer_to(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send parts with pauses, and return what comes until the connection is closed."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        received = b""
        while more := connection.recv(65536):
            received += more
        return received


def test_head_that_does_not_come_closes_the_connection(served: Served) -> None:
    port = served(Limits(head_seconds=0.2))
    started = time.monotonic()
    assert answer_to(port) == b""
    assert answer_to(port, b"GET / HTTP/1.1\r\n", b"Host: localhost\r\n", pause=0.05) == b""
    assert time.monotonic() - started < 2


def test_what_is_not_http_is_answered_in_plain_text(served: Served) -> None:
    answer = answer_to(served(Limits()), b"nonsense\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"text/plain" in answer


def test_slow_body_is_refused(served: Served) -> None:
    port = served(Limits(body_grace_seconds=0.2))
    head = b"POST /enhance HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
    answer = answer_to(port, head, b"x")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"body-too-slow" in answer


def test_who_comes_when_all_places_are_taken_is_told_to_come_back(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()
    real = serving.enhance_bytes

    def slow(*arguments: object, **more: object) -> object:
        begun.set()
        assert go_on.wait(10)
        return real(*arguments, **more)  # pyright: ignore[reportArgumentType, reportCallIssue]

    monkeypatch.setattr(serving, "enhance_bytes", slow)
    address = f"http://127.0.0.1:{served(Limits(at_once=1, waiting=0))}"
    first: list[int] = []
    thread = threading.Thread(
        target=lambda: first.append(httpx2.post(f"{address}/enhance", content=PHOTO).status_code)
    )
    thread.start()
    assert begun.wait(10)
    refused = httpx2.post(f"{address}/enhance", content=PHOTO)
    assert httpx2.get(f"{address}/healthz").json()["inside"] == 1
    go_on.set()
    thread.join(10)
    assert (refused.status_code, refused.json()["code"]) == (503, "service-busy")
    assert refused.headers["retry-after"] == "2"
    assert first == [200]


def test_work_ends_when_nobody_waits_for_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = Event(), Event()

    def endless(*_: object, progress: Callable[[int, int], None], **__: object) -> None:
        begun.set()
        try:
            while True:
                progress(1, 2)
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(serving, "enhance_bytes", endless)
    port = served(Limits())
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as connection:
        head = f"POST /enhance HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(PHOTO)}\r\n\r\n"
        connection.sendall(head.encode() + PHOTO)
        assert begun.wait(5)
        assert not ended.is_set()
    assert ended.wait(5)
    assert httpx2.get(f"http://127.0.0.1:{port}/healthz").json()["inside"] == 0


def test_work_that_takes_too_long_is_given_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, progress: Callable[[int, int], None], **__: object) -> None:
        while True:
            progress(1, 2)
            time.sleep(0.01)

    monkeypatch.setattr(serving, "enhance_bytes", endless)
    port = served(Limits(work_seconds=0.1))
    answer = httpx2.post(f"http://127.0.0.1:{port}/enhance", content=PHOTO)
    assert (answer.status_code, answer.json()["code"]) == (503, "took-too-long")


def test_who_waits_when_it_ends_is_told(
    enhancer: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()

    def long(*_: object, progress: Callable[[int, int], None], **__: object) -> None:
        begun.set()
        assert go_on.wait(10)  # a tile
        progress(1, 2)

    monkeypatch.setattr(serving, "enhance_bytes", long)
    app, limits, ready = application(enhancer), Limits(), Event()
    server, listening = Server(app, limits=limits, started=ready.set), listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/enhance"
    serving_thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    serving_thread.start()
    assert ready.wait(10)
    answers: list[httpx2.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(httpx2.post(address, content=PHOTO)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    server.should_exit = True
    for thread in (*threads, serving_thread):
        thread.join(10)
        assert not thread.is_alive()
    go_on.set()
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(503, "service-ends")] * 2


# ---- Listening


def test_port_that_is_taken_is_told() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(UsageError) as refused:
        listen("127.0.0.1", taken.getsockname()[1])
    assert refused.value.code == "port-in-use"


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "a" * 300])
def test_host_of_another_machine_is_told(host: str) -> None:
    with pytest.raises(UsageError) as refused:
        listen(host, 0)
    assert refused.value.code == "host-not-here"


def test_other_machines_need_a_token() -> None:
    with listen("127.0.0.1", 0) as local:
        assert access_to(local, host="127.0.0.1", token=None).token is None
        assert access_to(local, host="127.0.0.1", token=TOKEN).token == TOKEN
    with listen("0.0.0.0", 0) as wide:
        first, second = (access_to(wide, host="0.0.0.0", token=None) for _ in range(2))
        assert first.token
        assert second.token
        assert first.token != second.token
        assert len(first.token) >= 32
        assert "0.0.0.0" not in address_of(wide, host="0.0.0.0")


@pytest.mark.parametrize(
    ("token", "code"), [("short", "token-too-short"), ("with space", "token-not-plain")]
)
def test_token_that_can_be_guessed_is_refused(token: str, code: str) -> None:
    with listen("127.0.0.1", 0) as local, pytest.raises(UsageError) as refused:
        access_to(local, host="127.0.0.1", token=token)
    assert refused.value.code == code


# ---- The command


def test_command_says_in_a_sentence_what_is_wrong(
    run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", "--port", port)
    assert done.code == 2
    assert f"port {port}: another program listens there already" in done.stderr
    assert "--port" in done.stderr
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    missing = run("serve")
    assert missing.code == 2
    assert "pip install 'llenhance[serve]'" in missing.stderr


def test_signal_ends_it(tiny: Path, signals_reach_children: None) -> None:
    options = ["serve", "--port", "0", "--json", "--model", str(tiny), "--device", "cpu"]
    with subprocess.Popen(
        [sys.executable, "-m", "llenhance", *options],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = json.loads(process.stdout.readline())
        address = told["result"]["address"]
        assert httpx2.post(f"{address}enhance", content=PHOTO).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == ""


# ---- What the documentation shows


def test_documented_requests_do_what_they_say(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(PHOTO)
    address = f"http://127.0.0.1:{served(Limits())}"
    lines = re.findall(r"^curl .*$", DOCS.read_text(), re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        done = subprocess.run(
            shlex.split(line.replace("http://127.0.0.1:8765", address)),
            capture_output=True,
            check=True,
        )
        if "-o" not in line:
            assert json.loads(done.stdout)["status"] == "ok"
    assert {read_picture(path).source_format for path in tmp_path.glob("bright.jpg")} == {"JPEG"}
    assert read_picture("warm.png").source_format == "PNG"


def test_documented_command_opens_the_page(
    run: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)

    def only_start(server: Server, sockets: list[socket.socket]) -> None:
        server._tell_started()

    monkeypatch.setattr(Server, "run", only_start)
    [line] = re.findall(r"^llenhance (serve .*)$", DOCS.read_text(), re.MULTILINE)
    common = ["--port", "0", "--model", str(tiny), "--device", "cpu"]
    done = run(*line.split(), *common)
    assert done.code == 0
    assert done.stdout.split() == opened
    assert opened[0].startswith("http://127.0.0.1:")
    told = run("serve", "--json", "--host", "0.0.0.0", *common).lines[0]
    assert len(told["result"]["token"]) == 32


def test_documented_limits_are_those_of_the_service() -> None:
    page, limits = DOCS.read_text(), Limits()
    assert f"| {limits.body_bytes / 1e6:g} MB |" in page
    assert f"| {limits.megapixels:g} megapixels," in page
    assert f"| {limits.work_seconds:g} s |" in page
    assert f"| head of a request | {limits.head_seconds:g} s |" in page
    assert f"| {limits.body_grace_seconds:g} s without a byte" in page
    assert f"| small copies that are kept | {limits.previews} |" in page
    assert f"| {limits.archives}, with {limits.archive_bytes / 1e9:g} GB |" in page
    assert f"| connections | {limits.connections} |" in page
    assert f"and {limits.waiting} more may wait" in page
