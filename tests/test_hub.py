"""Files of a hub, with its real client: downloads, checks, faults. No client is mocked."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants, file_download
from support.hub import COMMIT, Fault, Hub, point_client, running_hub
from support.runners import ENVIRONMENT, program

from llenhance.errors import ResourceError, UsageError, WeightsError
from llenhance.weights.hub import fetch, upload
from llenhance.weights.hub_cache import cached, remove
from llenhance.weights.hub_reference import HubFile, parse

DATA = bytes(range(256)) * 400
SUM = hashlib.sha256(DATA).hexdigest()
SOURCE = HubFile(repo="somebody/lamps", file="model.safetensors")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one model, and a client that knows no other."""
    with running_hub() as running:
        running.add("somebody/lamps", {"model.safetensors": DATA, "config.json": b"{}"})
        point_client(monkeypatch, running, tmp_path)
        yield running


def _never(_folder: object = None) -> bool:
    return False


def nowhere(hub: Hub) -> str:
    """Return the addresses of files as if the hub were where nobody listens."""
    return constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(hub.url, "http://127.0.0.1:9")


# --- Names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf:a/b", HubFile(repo="a/b")),
        ("hf:a/b@v1", HubFile(repo="a/b", revision="v1")),
        ("hf:a/b:x/y.pth", HubFile(repo="a/b", file="x/y.pth")),
        (
            "hf:a-1/b.2@0123:m.safetensors",
            HubFile(repo="a-1/b.2", revision="0123", file="m.safetensors"),
        ),
    ],
)
def test_reference_is_read_and_written(text: str, expected: HubFile) -> None:
    assert parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    [
        "hf:",
        "hf:a",
        "hf:a/b/c",
        "hf:a/b@",
        "hf:a/b:",
        "hf:a/b:../c",
        "hf:a/b:/etc/passwd",
        "hf:../b",
        "hf:a/b@../../c",
        "hf:a/b:c\0d",
        "hf:a/b@c\x1b",
        "a/b",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="hf:owner/name"):
        parse(text)


# --- Downloads ----------------------------------------------------------------------------------


def test_file_is_downloaded_once_and_here_when_the_hub_is_gone(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    path = fetch(SOURCE, progress=lambda done, whole: seen.append((done, whole)))
    assert path.read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    asked = len(hub.requests)
    assert cached(SOURCE) == path
    assert fetch(SOURCE, offline=True) == path
    assert len(hub.requests) == asked
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", nowhere(hub))
    assert fetch(SOURCE) == path


@pytest.mark.parametrize("kind", ["model", "space", "dataset"])
def test_file_of_a_revision_and_of_each_kind(hub: Hub, kind: str) -> None:
    hub.add("somebody/things", {"deep/in/it.pth": DATA}, kind=kind)
    source = HubFile(
        repo="somebody/things",
        file="deep/in/it.pth",
        revision=COMMIT,
        kind=kind,  # pyright: ignore
    )
    assert fetch(source, sha256=SUM).read_bytes() == DATA
    assert cached(source) is not None


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["model.safetensors", "other.safetensors"], "model.safetensors"),
        (["lamps.safetensors", "lamps.pth", "README.md"], "lamps.safetensors"),
        (["LOL.pth", "README.md"], "LOL.pth"),
    ],
)
def test_only_weights_file_is_found(hub: Hub, files: list[str], chosen: str) -> None:
    hub.add("somebody/else", dict.fromkeys(files, DATA))
    path = fetch(HubFile(repo="somebody/else"))
    assert path.name == chosen
    assert cached(HubFile(repo="somebody/else")) == path
    assert fetch(HubFile(repo="somebody/else"), offline=True) == path


def test_several_weights_files_are_named(hub: Hub) -> None:
    hub.add("somebody/else", {"a.safetensors": DATA, "b.safetensors": DATA})
    with pytest.raises(WeightsError, match=r"a\.safetensors, b\.safetensors.*as in :a\."):
        fetch(HubFile(repo="somebody/else"))


def test_repository_without_weights_is_refused(hub: Hub) -> None:
    hub.add("somebody/else", {"README.md": b"nothing"})
    with pytest.raises(WeightsError, match="no weights file"):
        fetch(HubFile(repo="somebody/else"))


def test_removed_file_is_gone_and_comes_again(hub: Hub) -> None:
    path = fetch(SOURCE)
    assert remove(SOURCE) == len(DATA)
    assert not path.exists()
    assert cached(SOURCE) is None
    assert remove(SOURCE) == 0
    assert fetch(SOURCE).read_bytes() == DATA
    assert hub.requests


def test_where_links_are_not_possible_files_are_found_and_removed(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_download, "are_symlinks_supported", _never)
    path = fetch(SOURCE, sha256=SUM)
    assert not path.is_symlink()
    assert cached(SOURCE) == path
    assert remove(SOURCE) == len(DATA)
    assert not path.exists()
    assert hub.requests


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_two_processes_end_with_one_good_file(hub: Hub, tmp_path: Path) -> None:
    hub.add("somebody/large", {"model.safetensors": DATA * 20})
    hub.faults["GET"] = Fault("truncate", at=5, times=1)  # of which the client would warn
    fetching = (
        "from llenhance.weights.hub import fetch, HubFile\n"
        "print(fetch(HubFile(repo='somebody/large', file='model.safetensors')))"
    )
    environment = ENVIRONMENT | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "shared"),
        "HF_HUB_DISABLE_XET": "1",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", fetching],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    (first, _), (second, _) = told
    assert first == second
    assert Path(first.strip()).read_bytes() == DATA * 20
    assert all(errors == "" for _, errors in told)
    assert not list((tmp_path / "shared").rglob("*.incomplete"))


# --- Checks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [SUM, None], ids=["sum of the registry", "sum of the hub"])
def test_wrong_bytes_are_moved_away_and_both_sums_told(hub: Hub, known: str | None) -> None:
    hub.faults["GET"] = Fault("wrong", times=1)
    with pytest.raises(WeightsError, match=SUM) as caught:
        fetch(SOURCE, sha256=known)
    wrong = hashlib.sha256(bytes(255 - byte for byte in DATA)).hexdigest()
    assert wrong in caught.value.problem
    moved = Path(constants.HF_HUB_CACHE).parent / "llenhance-quarantine" / wrong
    assert str(moved) in caught.value.remedy
    assert hashlib.sha256(moved.read_bytes()).hexdigest() == wrong
    assert cached(SOURCE) is None
    assert fetch(SOURCE, sha256=known).read_bytes() == DATA


def test_file_with_another_sum_than_the_registrys_is_refused_though_the_hub_vouches(
    hub: Hub,
) -> None:
    with pytest.raises(WeightsError, match="0" * 64):
        fetch(SOURCE, sha256="0" * 64)
    assert cached(SOURCE) is None
    assert hub.requests


# --- Faults -------------------------------------------------------------------------------------

FAULTS: list[tuple[str, str, Fault, str]] = [
    ("unauthorised", "HEAD", Fault("status", status=401), "refused|private"),
    ("forbidden", "HEAD", Fault("status", status=403), "refused"),
    ("gated", "HEAD", Fault("status", status=403, code="GatedRepo"), "owner decides"),
    (
        "no such repository",
        "HEAD",
        Fault("status", status=404, code="RepoNotFound"),
        "does not exist",
    ),
    ("no such revision", "HEAD", Fault("status", status=404, code="RevisionNotFound"), "revision"),
    ("no such file", "HEAD", Fault("status", status=404, code="EntryNotFound"), "no such file"),
    ("not found, without a reason", "HEAD", Fault("status", status=404), "404|does not exist"),
    ("too many requests", "HEAD", Fault("status", status=429), "too often"),
    ("server error", "HEAD", Fault("status", status=500), "answered 500"),
    ("unavailable", "HEAD", Fault("status", status=503), "answered 503"),
    ("stalled before the headers", "HEAD", Fault("stall"), "could not be downloaded"),
    ("closed before the headers", "HEAD", Fault("close"), "could not be downloaded"),
    ("no ETag", "HEAD", Fault("without tag"), "headers"),
    ("no commit", "HEAD", Fault("without commit"), "headers"),
    ("redirected in a circle", "HEAD", Fault("loop"), "could not be"),
    ("bytes unauthorised", "GET", Fault("status", status=401), "refused|private"),
    ("bytes forbidden", "GET", Fault("status", status=403), "refused"),
    ("bytes not found", "GET", Fault("status", status=404), "404|does not exist"),
    ("bytes: server error", "GET", Fault("status", status=500), "answered 500"),
    ("bytes stalled", "GET", Fault("stall"), "could not be downloaded"),
    ("bytes closed", "GET", Fault("close"), "could not be downloaded"),
    ("bytes redirected in a circle", "GET", Fault("loop"), "could not be"),
    ("something else in place of the bytes", "GET", Fault("garbage"), "could not be downloaded"),
]


@pytest.mark.parametrize(
    ("where", "fault", "sentence"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_fault_is_a_sentence_and_leaves_nothing_behind(
    hub: Hub, where: str, fault: Fault, sentence: str
) -> None:
    hub.faults[where] = Fault(**vars(fault))  # pyright: ignore
    with pytest.raises(WeightsError, match=sentence) as caught:
        fetch(SOURCE)
    assert caught.value.exit_code == 3
    assert str(SOURCE) in str(caught.value)
    assert "\n" not in str(caught.value)
    blobs = Path(constants.HF_HUB_CACHE).rglob("blobs/*")
    assert not [blob for blob in blobs if blob.is_file()]
    hub.faults.clear()
    assert fetch(SOURCE).read_bytes() == DATA


@pytest.mark.parametrize("where", ["garbage", "status", "close", "stall"])
def test_list_of_files_that_is_none_is_a_sentence(hub: Hub, where: str) -> None:
    hub.faults["API"] = Fault(where)
    with pytest.raises(WeightsError, match="somebody/lamps"):
        fetch(HubFile(repo="somebody/lamps"))


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("at", [0, 1, 7, 4096, 65_536, len(DATA) - 1])
def test_cut_connection_goes_on_where_it_was_cut(hub: Hub, at: int, ranges: bool) -> None:
    hub.ranges = ranges
    hub.faults["GET"] = Fault("truncate", at=at, times=1)
    assert fetch(SOURCE, sha256=SUM).read_bytes() == DATA


@pytest.mark.parametrize("at", [0, 1, 4096])
def test_connection_that_is_cut_a_few_times_ends_with_a_good_file(hub: Hub, at: int) -> None:
    hub.ranges = False
    hub.faults["GET"] = Fault("truncate", at=at, times=4)
    assert fetch(SOURCE, sha256=SUM).read_bytes() == DATA


@pytest.mark.parametrize("at", [0, 1, 4096])
def test_connection_that_is_always_cut_is_a_sentence(hub: Hub, at: int) -> None:
    hub.faults["GET"] = Fault("truncate", at=at)
    with pytest.raises(WeightsError, match="could not be downloaded"):
        fetch(SOURCE)
    assert not list(Path(constants.HF_HUB_CACHE).rglob("*.incomplete"))


def test_answer_that_would_be_a_path_is_refused_and_written_nowhere(
    hub: Hub, tmp_path: Path
) -> None:
    hub.faults["HEAD"] = Fault("path")
    with pytest.raises(WeightsError, match=r"a name is expected: \.\./\.\./"):
        fetch(SOURCE)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_no_hub_at_all_is_a_sentence(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", nowhere(hub))
    with pytest.raises(WeightsError, match="Check the connection"):
        fetch(SOURCE)


def test_offline_and_not_here_is_a_sentence_and_no_request(hub: Hub) -> None:
    for source in (SOURCE, HubFile(repo="somebody/lamps")):
        with pytest.raises(WeightsError, match="Go online once"):
            fetch(source, offline=True)
    assert hub.requests == []


def test_full_disk_is_told_and_leaves_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    opened = Path.open

    def open_full(path: Path, *args: object, **options: object) -> object:
        return opened(full if ".incomplete" in path.name else path, *args, **options)  # pyright: ignore

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(ResourceError, match="no space left") as caught:
        fetch(SOURCE)
    assert caught.value.exit_code == 4
    assert not list(Path(constants.HF_HUB_CACHE).rglob("*.incomplete"))
    assert hub.requests


def test_cache_that_cannot_be_written_is_a_sentence(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "hf").write_text("a file where a folder should be")
    with pytest.raises(WeightsError, match="somebody/lamps"):
        fetch(SOURCE)
    assert hub.url


# --- Sharing ------------------------------------------------------------------------------------


def test_what_is_uploaded_comes_back(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody")
    file = tmp_path / "mine.safetensors"
    file.write_bytes(DATA)
    target = HubFile(repo="me/mine")
    assert upload(file, target, card="# Mine\n") == f"{hub.url}/me/mine"
    assert hub.files["model", "me/mine"] == {"model.safetensors": DATA, "README.md": b"# Mine\n"}
    assert fetch(target).read_bytes() == DATA


def test_refused_upload_is_a_sentence(hub: Hub, tmp_path: Path) -> None:
    hub.faults["API"] = Fault("status", status=401)
    file = tmp_path / "mine.safetensors"
    file.write_bytes(DATA)
    with pytest.raises(WeightsError, match="hf auth login"):
        upload(file, HubFile(repo="me/mine"), card="")


def test_client_is_imported_only_where_it_is_needed() -> None:
    text = "import sys, llenhance.weights.hub; print('huggingface_hub' in sys.modules)"
    done = program(text, check=True)
    assert done.stdout.strip() == "False"
