"""The scripts in examples/ do what they say."""

from __future__ import annotations

import io
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.photographs import photograph_file

from llenhance import Enhancer, Request, Wish, decode, enhance_bytes

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The address of the service of `web_service.py`, which runs in this process."""
    spec = spec_from_file_location("web_service", EXAMPLES / "web_service.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Handler.log_message = silent
    with module.Service(0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def silent(*_: object) -> None:
    """Log nothing."""


def post(address: str, data: bytes) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(urllib.request.Request(address, data=data), timeout=60) as answer:
        return answer.read(), dict(answer.headers)


def test_service_answers_several_at_once_with_what_each_would_get_alone(service: str) -> None:
    pictures = [photograph_file("PNG", size=(40 + 8 * n, 56)) for n in range(8)]
    enhancer = Enhancer()
    expected = [
        enhance_bytes(
            data, name="x", enhancer=enhancer, request=Request(wish=Wish(brightness=0.1))
        ).data
        for data in pictures
    ]
    with ThreadPoolExecutor(8) as clients:
        addresses = [f"{service}?brightness=0.1"] * len(pictures)
        answers = list(clients.map(post, addresses, pictures))
    for (body, headers), alone in zip(answers, expected, strict=True):
        assert headers["Content-Type"] == "image/png"
        np.testing.assert_array_equal(
            decode(body, name="answer").pixels, decode(alone, name="alone").pixels
        )


def test_service_tells_notes_by_code(service: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), (20, 20, 20)).save(file, "GIF")
    body, headers = post(service, file.getvalue())
    assert headers["Llenhance-Notes"] == "format-not-written"
    assert body.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("query", "data", "code"),
    [("", b"no picture", "format-not-known"), ("?brightness=7", b"", "brightness-out-of-range")],
)
def test_service_tells_errors_by_code(service: str, query: str, data: bytes, code: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(service + query, data)
    assert refused.value.code == 422
    assert json.loads(refused.value.read())["code"] == code
