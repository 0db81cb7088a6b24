"""The service: bytes in, bytes out; small copies that follow sliders; zip files of results."""

from __future__ import annotations

import json
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import pytest
from httpx2 import Response
from PIL import Image
from starlette.testclient import TestClient
from support.photographs import photograph_file
from support.service import ADDRESS

from llenhance import Enhancer, Wish, enhance_bytes
from llenhance.enhancing.finish import Finish
from llenhance.jobs.request import Request
from llenhance.pictures.decode import decode
from llenhance.serve import app as serving
from llenhance.serve.app import application
from llenhance.serve.archives import inner_name
from llenhance.serve.assets import ASSETS
from llenhance.serve.limits import Limits
from llenhance.serve.live import LivePicture
from llenhance.serve.openapi import document
from llenhance.serve.options import Options

PHOTO = photograph_file()


def smooth_picture() -> bytes:
    """A dark picture that JPEG does not change much."""
    rows, columns = np.mgrid[0:64, 0:96].astype(np.float64)
    shades = [20 + rows / 2, 20 + columns / 3, 10 + (rows + columns) / 8]
    file = BytesIO()
    Image.fromarray(np.stack(shades, axis=2).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


SMOOTH = smooth_picture()


def pixels(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def code_of(answer: Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"] == f"urn:llenhance:{told['code']}"
    assert told["title"]
    assert told["detail"]
    return told["code"]


# ---- POST /enhance


def test_result_is_that_of_the_one_path(client: TestClient, enhancer: Enhancer) -> None:
    query = {"name": "dark.jpg", "brightness": "0.2", "strength": "0.7", "format": "png"}
    answer = client.post("/enhance", content=PHOTO, params=query)
    wish = Wish(brightness=0.2, finish=Finish(strength=0.7))
    outcome = enhance_bytes(
        PHOTO, name="dark.jpg", enhancer=enhancer, request=Request(wish=wish, format="PNG")
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    np.testing.assert_array_equal(pixels(answer.content), pixels(outcome.data))
    assert float(answer.headers["llenhance-brightness"]) == 0.2
    assert float(answer.headers["llenhance-mean-gray"]) == pytest.approx(outcome.mean_grey, 1e-4)


def test_result_keeps_the_data_of_the_picture_or_not(client: TestClient) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A Maker"
    file = BytesIO()
    Image.open(BytesIO(PHOTO)).save(file, "JPEG", exif=exif)
    kept, stripped = (
        client.post("/enhance", content=file.getvalue(), params={"metadata": policy}).content
        for policy in ("keep", "strip")
    )
    assert Image.open(BytesIO(kept)).getexif()[0x010F] == "A Maker"
    assert 0x010F not in Image.open(BytesIO(stripped)).getexif()


def test_notes_are_in_a_header(client: TestClient) -> None:
    deep = decode(PHOTO, name="photo").pixels[:16, :16].astype(np.uint16) * 257
    file = Image.fromarray((deep[..., 0]).astype(np.uint16))
    data = BytesIO()
    file.save(data, "PNG")
    answer = client.post("/enhance", content=data.getvalue(), params={"format": "jpeg"})
    notes = json.loads(answer.headers["llenhance-notes"])
    assert [note["code"] for note in notes] == ["depth-lost"]
    assert notes[0]["text"]


def test_name_of_the_result_is_told_without_folders(client: TestClient) -> None:
    query = {"name": "../../etc/caf\u00e9.tif\r\nX: y", "format": "webp"}
    answer = client.post("/enhance", content=PHOTO, params=query)
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''caf%C3%A9.webp"
    assert "x" not in answer.headers


@pytest.mark.parametrize(
    ("query", "code", "about"),
    [
        ({"brightness": "3"}, "query-wrong", "brightness"),
        ({"brightness": "nan"}, "query-wrong", "brightness"),
        ({"brightness": "bright"}, "query-wrong", "brightness"),
        ({"strength": "-0.1"}, "query-wrong", "strength"),
        ({"tile": "64"}, "query-wrong", "tile"),
        ({"variant": "17"}, "query-wrong", "variant"),
        ({"variant": "2", "exposure": "1"}, "target-of-variants", "the target"),
        ({"metadata": "some"}, "query-wrong", "metadata"),
        ({"name": "x" * 1001}, "query-wrong", "name"),
        ({"format": "heic"}, "heic-not-written", "heic"),
        (
            {"brightness": "0.1", "target_mean": "0.4"},
            "contradiction",
            "brightness and target mean",
        ),
    ],
    ids=str,
)
def test_wrong_option_is_named(
    client: TestClient, query: dict[str, str], code: str, about: str
) -> None:
    answer = client.post("/enhance", content=PHOTO, params=query)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert answer.json()["about"] == about


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("brightness=nan", "'nan' is not a number. Use one from -1 to 1"),
        ("brightness=3", "'3' is more than 1. Use one from -1 to 1"),
        ("exposure=-9", "'-9' is less than -5. Use one from -5 to 5"),
        ("variant=1.5", "'1.5' is not a whole number. Use one from 1 to 16"),
        ("temperature=-1", "'-1' is not more than 0. Use one above 0, up to 2"),
        ("seed=-1", "'-1' is less than 0. Use one from 0 to 4294967295"),
        ("brightness=0.1&name=a&brightness=0.2", "It is given more than once"),
    ],
)
def test_wrong_number_is_told_in_the_words_of_the_command(
    client: TestClient, query: str, words: str
) -> None:
    answer = client.post(f"/enhance?{query}", content=PHOTO)
    assert (answer.status_code, code_of(answer)) == (400, "query-wrong")
    assert answer.json()["title"] == words


@pytest.mark.parametrize("name", ["gif", "heic", "nothing"])
def test_formats_are_listed_by_the_names_that_the_help_has(client: TestClient, name: str) -> None:
    answer = client.post("/enhance", content=PHOTO, params={"format": name})
    assert answer.status_code == 400
    assert answer.json()["facts"]["formats"].endswith("AVIF, PPM, PGM, PAM")


def test_what_is_no_picture_is_refused_in_words(client: TestClient) -> None:
    answer = client.post("/enhance", content=b"hello", params={"name": "notes.txt"})
    assert (answer.status_code, code_of(answer)) == (422, "format-not-known")
    assert answer.json()["detail"].startswith("notes.txt: it is not a picture")


def test_what_is_not_offered_is_told(client: TestClient) -> None:
    assert code_of(client.get("/nothing")) == "not-offered"
    wrong = client.get("/enhance")
    assert (wrong.status_code, code_of(wrong)) == (405, "method-not-offered")
    assert wrong.headers["allow"] == "POST"


def test_mistake_of_ours_is_told_in_words(
    enhancer: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(serving, "enhance_bytes", wrong)
    app = application(enhancer)
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        answer = client.post("/enhance", content=PHOTO)
    assert (answer.status_code, code_of(answer)) == (500, "service-failed")
    assert "secret" not in answer.text


# ---- Small copies


def test_small_copy_follows_the_sliders(client: TestClient) -> None:
    told = client.post("/previews", content=SMOOTH, params={"name": "dark.jpg"})
    assert told.status_code == 201
    known = told.json()
    shown = Image.open(BytesIO(SMOOTH))
    assert (known["width"], known["height"]) == shown.size
    address = f"/previews/{known['id']}"
    before = pixels(client.get(f"{address}/before").content)
    assert np.abs(before.astype(int) - pixels(SMOOTH)).mean() < 3  # JPEG twice

    def after(**look: float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return pixels(client.get(f"{address}/after", params=look).content)

    assert after(brightness=0.4).mean() > after().mean() > after(brightness=-0.4).mean()
    assert after(variant=3).mean() > after(variant=2).mean()
    assert np.abs(after(strength=0).astype(int) - before).max() <= 2
    assert client.delete(address).status_code == 204
    assert code_of(client.get(f"{address}/after")) == "preview-gone"


def test_small_copy_looks_like_the_full_picture(client: TestClient) -> None:
    known = client.post("/previews", content=SMOOTH).json()["id"]
    look = {"brightness": "0.1", "protect": "0.5"}
    live = pixels(client.get(f"/previews/{known}/after", params=look).content)
    full = pixels(client.post("/enhance", content=SMOOTH, params=look).content)
    file = BytesIO()  # random networks make bright specks, which JPEG cuts off
    Image.fromarray(full).save(file, "JPEG", quality=90)
    assert np.abs(live.astype(int) - pixels(file.getvalue())).mean() < 2
    assert abs(full.mean() - pixels(SMOOTH).mean()) > 10  # it does something


def test_transparent_and_framed_pictures_are_shown_whole(client: TestClient) -> None:
    picture = Image.new("RGBA", (120, 90), (255, 255, 255, 0))
    picture.paste(Image.open(BytesIO(PHOTO)).convert("RGB").resize((80, 60)), (20, 15))
    file = BytesIO()
    picture.save(file, "PNG")
    known = client.post("/previews", content=file.getvalue()).json()["id"]
    shown = pixels(client.get(f"/previews/{known}/after").content)
    assert shown.shape == (90, 120, 3)
    assert shown[:8, :8].min() > 250


def test_overtaken_move_is_not_rendered(enhancer: Enhancer) -> None:
    live = LivePicture(enhancer.engine, decode(PHOTO, name="photo"))
    first, second = live.turn(), live.turn()
    assert live.after(Wish(brightness=0.1), turn=first) is None
    assert live.after(Wish(brightness=0.2), turn=second) is not None


def test_oldest_small_copy_is_let_go(enhancer: Enhancer) -> None:
    limits = Limits(previews=2)
    with TestClient(application(enhancer, limits=limits), base_url=ADDRESS) as client:
        known = [client.post("/previews", content=PHOTO).json()["id"] for _ in range(3)]
        status = [client.get(f"/previews/{one}/before").status_code for one in known]
    assert status == [404, 200, 200]


# ---- Archives


def test_archive_has_every_result_under_its_own_name(client: TestClient) -> None:
    known = client.post("/archives").json()["id"]
    address = f"/archives/{known}"
    names = ["day/a.jpg", "day/A.JPG", "b.png", "../../up.jpg"]
    told = [client.post(address, content=PHOTO, params={"name": n}).json()["name"] for n in names]
    assert code_of(client.post(address, content=b"no", params={"name": "c.jpg"}))
    fetched = client.get(address)
    assert fetched.headers["content-type"] == "application/zip"
    with ZipFile(BytesIO(fetched.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == told == ["day/a.jpg", "day/A-2.JPG", "b.jpg", "up.jpg"]
        alone = client.post("/enhance", content=PHOTO, params={"name": "day/a.jpg"})
        assert archive.read("day/a.jpg") == alone.content
    late = client.post(address, content=PHOTO)
    assert (late.status_code, code_of(late)) == (409, "archive-closed")
    assert client.get(address).content == fetched.content  # a download that broke off
    assert client.delete(address).status_code == 204
    assert code_of(client.get(address)) == "archive-gone"


def test_archives_do_not_fill_the_disk(enhancer: Enhancer) -> None:
    limits = Limits(archive_bytes=1000)
    with TestClient(application(enhancer, limits=limits), base_url=ADDRESS) as client:
        address = f"/archives/{client.post('/archives').json()['id']}"
        assert client.post(address, content=PHOTO).status_code == 201
        full = client.post(address, content=PHOTO)
    assert (full.status_code, code_of(full)) == (507, "archives-full")


@pytest.mark.parametrize(
    ("name", "inner"),
    [
        ("a.jpg", "a.jpg"),
        ("day/a.JPG", "day/a.JPG"),
        ("a.heic", "a.jpg"),
        ("a", "a.jpg"),
        (".jpg", ".jpg.jpg"),
        ("/etc/passwd", "etc/passwd.jpg"),
        ("../../a.jpg", "a.jpg"),
        ("..\\..\\a.jpg", "a.jpg"),
        ("C:\\a.jpg", "C_/a.jpg"),
        ("a\0\n.jpg", "a.jpg"),
        ("..", "picture.jpg"),
        ("", "picture.jpg"),
    ],
    ids=repr,
)
def test_name_in_an_archive_leads_nowhere_else(name: str, inner: str) -> None:
    assert inner_name(name, extension=".jpg") == inner


# ---- What is described


def test_document_describes_what_is_offered(enhancer: Enhancer) -> None:
    app = application(enhancer)
    offered = {
        (getattr(route, "path", "").replace("{name}", "{id}"), method.lower())
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method != "HEAD"
    }
    own = {(path, "get") for path in (*ASSETS, "/about", "/openapi.json")}
    told = document(Limits(), needs_token=False)["paths"]
    assert {(path, method) for path, methods in told.items() for method in methods} == offered - own


def test_document_describes_every_option(client: TestClient) -> None:
    told = client.get("/openapi.json").json()
    options = told["paths"]["/enhance"]["post"]["parameters"]
    assert {option["name"] for option in options} == set(Options.model_fields)
    assert all(option["description"] for option in options)


def test_health_and_what_the_page_asks(client: TestClient) -> None:
    health = client.get("/healthz").json()
    assert (health["status"], health["inside"], health["model"]) == ("ok", 0, "tiny.safetensors")
    about = client.get("/about").json()
    assert {"name": "JPEG", "extension": ".jpg"} in about["formats"]


@pytest.mark.parametrize("path", ASSETS)
def test_page_needs_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    text = client.get(path).text
    assert text
    elsewhere = text.replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in elsewhere
    assert "https://" not in elsewhere
    assert " style=" not in text  # the policy would not let it
    assert "onclick=" not in text
