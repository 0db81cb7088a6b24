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


def script(name: str) -> Any:
    """Return a script as a module."""
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The address of the service of `web_service.py`, which runs in this process."""
    module = script("web_service")
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


@pytest.mark.parametrize(("gray", "best"), [(0, "v2"), (255, "v3")])
def test_the_variant_nearest_to_a_neighbor_is_chosen(
    gray: int, best: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dark, neighbor, chosen = (str(tmp_path / name) for name in ("a.png", "b.png", "c.png"))
    Path(dark).write_bytes(photograph_file("PNG", size=(64, 48)))
    Image.new("RGB", (8, 8), (gray, gray, gray)).save(neighbor)
    script("choose").choose(dark, neighbor, chosen)
    assert capsys.readouterr().out.endswith(f"{chosen} is {best}\n")  # the darkest, the brightest
    with Image.open(chosen) as image:
        assert image.size == (48, 64)


def test_weights_count_unsure_places_less(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dark, target = str(tmp_path / "a.png"), str(tmp_path / "weights.npy")
    Path(dark).write_bytes(photograph_file("PNG", size=(64, 48)))
    script("unsure").unsure(dark, target)
    assert "expected error: " in capsys.readouterr().out
    weights, spread = np.load(target), Enhancer().confidence(dark).spread
    assert (weights.shape, weights.dtype) == ((64, 48), np.float32)
    assert weights.mean() == pytest.approx(1, abs=1e-3)
    assert weights.flat[spread.argmax()] == weights.min()


def test_frames_of_a_time_lapse_are_enhanced_alike(tmp_path: Path) -> None:
    source, target = tmp_path / "frames", tmp_path / "bright"
    source.mkdir()
    for number, light in enumerate((9, 12, 10)):  # the light flickers, and that stays
        Image.new("RGB", (48, 48), (light, light, light + 2)).save(source / f"{number}.png")
        picture = Image.open(source / f"{number}.png")
        picture.paste((60, 50, 40), (8, 8, 24, 24))  # the same in all of them
        picture.save(source / f"{number}.png")
    script("time_lapse").enhance(source, target)
    made = [np.asarray(Image.open(target / f"{number}.png")) for number in range(3)]
    patches = [picture[12:20, 12:20].mean() for picture in made]
    assert max(patches) - min(patches) < 12
    assert made[0].mean() < made[1].mean()


def test_the_notebook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    cells = json.loads((EXAMPLES / "see_and_choose.ipynb").read_text("utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names: dict[str, Any] = {"__name__": "__main__"}
    small = {'Image.open("coffee.jpg")': 'Image.open("coffee.jpg").resize((96, 64))'}
    assert all(before in "".join(codes) for before in small)
    for code in codes:
        for before, after in small.items():
            code = code.replace(before, after)
        exec(compile(code, "see_and_choose.ipynb", "exec"), names)
    assert [variant.number for variant in names["variants"]] == [1, 2, 3, 4, 5, 6]
    assert names["pixels"].mean() / 255 == pytest.approx(0.4, abs=0.02)
