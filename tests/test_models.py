"""Names of models: what they stand for, and how a model gets one."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from support.checkpoints import authors_checkpoint
from support.hub import Hub, point_client, running_hub
from support.photographs import photograph_file
from support.runners import program

from llenhance.cli.app import run
from llenhance.enhancer import Enhancer
from llenhance.errors import UsageError, WeightsError
from llenhance.model.architecture import SMALL
from llenhance.model.llflow import LLFlow
from llenhance.weights import keep, local, official, registry
from llenhance.weights.digest import sha256
from llenhance.weights.file import describe, load
from llenhance.weights.find import FoundModel, find
from llenhance.weights.hub_reference import HubFile
from llenhance.weights.keep import add, remove
from llenhance.weights.license import CC_BY_NC_SA
from llenhance.weights.local import DEFAULT_MODEL, listed, located, shipped_models
from llenhance.weights.registry import REGISTRY, Entry, entry

AUTHORS = Entry(
    name="theirs",
    architecture="small",
    description="as the authors publish it",
    license=CC_BY_NC_SA,
    source=HubFile(repo="somebody/space", file="deep/LOL.pth", revision=None, kind="space"),
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models."""
    monkeypatch.setenv("LLENHANCE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def hub(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that `hf:` means, and no model of our own."""
    assert not home.exists()
    with running_hub() as running:
        point_client(monkeypatch, running, tmp_path)
        yield running


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in the authors' layout, of the small network."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("authors") / "LOL.pth"
    torch.save(authors_checkpoint(LLFlow(SMALL)), path)
    return path


# --- Names --------------------------------------------------------------------------------------


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of shipped models, with two in it."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for name in ("nano", "other"):
        (shelf / f"{name}.safetensors").touch()
    monkeypatch.setattr(local, "_SHIPPED", (tmp_path / "not there", shelf))
    monkeypatch.chdir(tmp_path)
    return shelf


def test_shipped_model_is_found_by_its_name(shelf: Path) -> None:
    assert find("nano").path == shelf / "nano.safetensors"


def test_name_goes_before_a_file_of_that_name(shelf: Path) -> None:
    Path("nano").touch()
    assert find("nano").path == shelf / "nano.safetensors"


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.usefixtures("shelf")
def test_file_is_found_by_its_path(kind: Callable[[Path], str | Path], tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").touch()
    assert find(kind(tmp_path / "mine.safetensors")).path == tmp_path / "mine.safetensors"


@pytest.mark.parametrize("model", ["../shelf/nano", "", ".", "nano/", "Nano", "nano.safetensors"])
@pytest.mark.usefixtures("shelf")
def test_unknown_model_names_those_that_are_known(model: str) -> None:
    with pytest.raises(WeightsError, match="Use one of: nano, other"):
        find(model)


@pytest.mark.usefixtures("shelf")
def test_shipped_models_are_listed_in_order() -> None:
    assert shipped_models() == ["nano", "other"]


@pytest.mark.skipif(not shipped_models(), reason="no weights are in the repository yet")
@pytest.mark.parametrize("name", shipped_models())
def test_shipped_model_loads(name: str) -> None:
    assert load(find(name).path).architecture == describe(find(name).path).architecture


@pytest.mark.skipif(not shipped_models(), reason="no weights are in the repository yet")
def test_default_model_is_shipped() -> None:
    assert DEFAULT_MODEL in shipped_models()


def test_registry_names_each_model_once_and_knows_what_ships() -> None:
    names = [known.name for known in REGISTRY]
    assert len(set(names)) == len(names)
    known = entry(DEFAULT_MODEL)
    assert known is not None
    assert (known.sha256, known.size) == (
        sha256(find(DEFAULT_MODEL).path),
        find(DEFAULT_MODEL).path.stat().st_size,
    )


# --- Downloads ----------------------------------------------------------------------------------


def yes(_entry: Entry) -> bool:
    return True


@pytest.fixture
def theirs(hub: Hub, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A registry with one model of the authors, and the hub that has it."""
    monkeypatch.setattr(registry, "REGISTRY", (AUTHORS,))
    hub.add("somebody/space", {"deep/LOL.pth": checkpoint.read_bytes()}, kind="space")
    return hub


def test_license_is_accepted_once_and_remembered(theirs: Hub, home: Path) -> None:
    with pytest.raises(WeightsError, match="has not been accepted"):
        find("theirs")
    assert theirs.requests == []
    asked: list[str] = []

    def accept(one: Entry) -> bool:
        asked.append(one.license.name)
        return True

    assert find("theirs", consent=accept).path == home / "models" / "theirs.safetensors"
    assert describe(find("theirs").path).architecture == SMALL
    remove("theirs")
    find("theirs")
    assert asked == ["CC BY-NC-SA 4.0"]


def test_downloaded_checkpoint_is_used_without_the_hub_afterwards(theirs: Hub) -> None:
    find("theirs", consent=yes)
    asked = len(theirs.requests)
    assert load(find("theirs", offline=True).path).architecture == SMALL
    assert len(theirs.requests) == asked


def test_model_that_no_program_can_download_names_its_page() -> None:
    with pytest.raises(WeightsError, match=r"browser from https://drive\.google\.com.*import"):
        find("llflow-large", consent=yes)


def test_any_repository_can_be_named(hub: Hub, tiny: Path, tmp_path: Path) -> None:
    hub.add("somebody/lamps", {"model.safetensors": tiny.read_bytes()})
    path = find("hf:somebody/lamps").path
    assert path.read_bytes() == tiny.read_bytes()
    asked = len(hub.requests)
    assert find("hf:somebody/lamps").path == path
    assert len(hub.requests) == asked
    assert located("hf:somebody/lamps@main:model.safetensors") == path
    assert remove("hf:somebody/lamps") > 0
    with pytest.raises(WeightsError, match="Go online once"):
        find("hf:somebody/lamps", offline=True)
    assert tmp_path.exists()


def test_checkpoint_from_any_repository_is_imported(hub: Hub, checkpoint: Path, home: Path) -> None:
    hub.add("somebody/theirs", {"LOL.pth": checkpoint.read_bytes()})
    path = find("hf:somebody/theirs").path
    assert path == home / "imported" / f"{sha256(checkpoint)}.safetensors"
    assert find("hf:somebody/theirs", offline=True).path == path


def test_checkpoint_given_as_a_file_is_imported_once(checkpoint: Path, home: Path) -> None:
    path = find(checkpoint).path
    written = path.stat().st_mtime_ns
    assert path.parent == home / "imported"
    assert load_file(path).keys() == load(path).state_dict().keys()
    assert find(str(checkpoint)).path.stat().st_mtime_ns == written


def test_model_that_was_found_is_not_looked_for_again(
    checkpoint: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed: list[Path] = []

    def sum_of(path: Path) -> str:
        summed.append(path)
        return sha256(path)

    for module in (keep, official):
        monkeypatch.setattr(module, "sha256", sum_of)
    found = find(checkpoint)
    assert found == FoundModel(name=str(checkpoint), path=found.path, license=None)
    assert found.path.parent == home / "imported"
    assert find(pickle.loads(pickle.dumps(found))) == found  # another process does the work
    assert Enhancer(found, device="cpu").model_name == str(checkpoint)
    assert summed == [checkpoint]


# --- Own models ---------------------------------------------------------------------------------


def test_weights_file_gets_a_name(tiny: Path, home: Path) -> None:
    assert add(tiny, "mine") == home / "models" / "mine.safetensors"
    assert find("mine").path.read_bytes() == tiny.read_bytes()
    assert [one.name for one in listed()][-1] == "mine"
    with pytest.raises(UsageError, match="already a model of this name"):
        add(tiny, "mine")
    add(tiny, "mine", overwrite=True)
    assert remove("mine") == tiny.stat().st_size
    assert located("mine") is None


@pytest.mark.parametrize("name", ["", ".", "a/b", "../a", "-a", "a.safetensors", "nano", "hf:a/b"])
def test_name_that_is_impossible_or_ships_is_refused(name: str, tiny: Path, home: Path) -> None:
    with pytest.raises(UsageError, match="name"):
        add(tiny, name)
    assert not home.exists()


def test_damaged_file_gets_no_name(tmp_path: Path, home: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"not at all")
    with pytest.raises(WeightsError, match="damaged"):
        add(tmp_path / "bad.safetensors", "mine")
    assert list(home.rglob("*.safetensors")) == []


def test_shipped_model_is_not_removed() -> None:
    with pytest.raises(WeightsError, match="comes with llenhance"):
        remove(DEFAULT_MODEL)


# --- The command --------------------------------------------------------------------------------


@pytest.mark.usefixtures("home")
def test_list_is_one_json_document(capsysbinary: pytest.CaptureFixture[bytes], tiny: Path) -> None:
    add(tiny, "mine")
    assert run(["weights", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsysbinary.readouterr().out)["result"]}
    assert rows["nano"]["present"]
    assert rows["nano"]["default"]
    assert rows["nano"]["license"]["name"] == "Apache-2.0"
    assert rows["llflow-small"]["license"]["commercial_use"] is False
    assert not rows["llflow-small"]["present"]
    assert rows["mine"]["path"] == str(find("mine").path)
    assert rows["mine"]["license"] is None
    assert run(["weights", "list"]) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert [line for line in lines if line.startswith("llflow-lol-v2") and "CC BY" in line]
    assert [line for line in lines if line.startswith("mine") and "unknown" in line]


def test_download_says_what_it_needs_and_exits_with_3(
    theirs: Hub, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["weights", "download", "theirs", "hf:no/body", "--json"]) == 3
    said = capsysbinary.readouterr()
    told = json.loads(said.out)
    assert [row["path"] for row in told["result"]] == [None, None]
    assert [message["code"] for message in told["messages"]] == [
        "license-not-accepted",
        "hub-repository-unknown",
    ]
    assert "CC BY-NC-SA 4.0" in told["messages"][0]["text"]
    assert said.err == b""
    assert run(["weights", "download", "theirs", "hf:no/body"]) == 3
    said = capsysbinary.readouterr()
    assert b"CC BY-NC-SA 4.0" in said.err
    assert b"does not exist" in said.err
    assert run(["weights", "download", "theirs", "--accept-license", "-q"]) == 0
    assert capsysbinary.readouterr().err == b""
    assert theirs.requests


def test_picture_is_enhanced_with_a_model_from_the_hub_and_again_without_it(
    hub: Hub, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("somebody/lamps", {"model.safetensors": tiny.read_bytes()})
    monkeypatch.chdir(tmp_path)
    Path("dark.jpg").write_bytes(photograph_file())
    arguments = ["dark.jpg", "--model", "hf:somebody/lamps", "--overwrite"]
    assert run(arguments) == 0
    first = Path("dark_enhanced.jpg").read_bytes()
    hub.files.clear()
    assert run([*arguments, "--offline"]) == 0
    assert Path("dark_enhanced.jpg").read_bytes() == first


@pytest.mark.usefixtures("home")
def test_imported_checkpoint_is_used_by_its_name(
    checkpoint: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["weights", "import", str(checkpoint), "--as", "theirs"]) == 0
    assert run(["weights", "info", "theirs", "--json"]) == 0
    facts = json.loads(capsysbinary.readouterr().out)["result"]
    assert facts["architecture"]["features"] == SMALL.features
    assert facts["parameters"] == sum(p.numel() for p in LLFlow(SMALL).parameters())
    assert facts["sha256"] == sha256(find("theirs").path)
    assert run(["weights", "info", "theirs"]) == 0
    assert b"multiply_adds_per_pixel" in capsysbinary.readouterr().out
    assert Enhancer("theirs", device="cpu").engine.architecture == SMALL
    assert run(["weights", "import", str(checkpoint), "--as", "theirs"]) == 2
    assert run(["weights", "remove", "theirs"]) == 0
    assert run(["weights", "remove", "theirs"]) == 3
    assert tmp_path.exists()


def test_weights_file_is_copied_where_a_file_is_wanted(tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.safetensors"
    assert run(["weights", "import", str(tiny), "-o", str(target)]) == 0
    assert target.read_bytes() == tiny.read_bytes()
    assert run(["weights", "import", str(tiny), "-o", str(target)]) == 2  # it exists


def test_verify_finds_what_is_damaged(
    home: Path, tiny: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = add(tiny, "mine")
    assert run(["weights", "verify", "--all", "--json"]) == 0
    rows = json.loads(capsysbinary.readouterr().out)["result"]
    assert {row["name"]: row["ok"] for row in rows} == {"nano": True, "mine": True}
    path.write_bytes(path.read_bytes()[:-4])
    assert run(["weights", "verify", "--all", "--json"]) == 3
    said = capsysbinary.readouterr()
    told = json.loads(said.out)
    assert [row["ok"] for row in told["result"]] == [True, False]
    assert [message["about"] for message in told["messages"]] == [str(path)]
    assert run(["weights", "verify", "nobody"]) == 3
    assert home.exists()


def test_verify_compares_the_sum_of_what_ships(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nano.safetensors").write_bytes(tiny.read_bytes())
    monkeypatch.setattr(local, "_SHIPPED", (tmp_path,))
    assert run(["weights", "verify"]) == 3


@pytest.mark.usefixtures("home")
def test_path_is_printed_or_told_to_be_missing(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["weights", "path", "nano"]) == 0
    assert capsysbinary.readouterr().out.decode().strip() == str(find("nano").path)
    assert run(["weights", "path", "llflow-small"]) == 3


def test_upload_writes_a_card_and_the_file(
    hub: Hub, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody")
    arguments = ["weights", "upload", str(tiny), "hf:me/tiny", "--license", "apache-2.0"]
    assert run(arguments) == 0
    files = hub.files["model", "me/tiny"]
    card = files["README.md"].decode()
    assert card.startswith("---\nlicense: apache-2.0\n")
    assert "--model hf:me/tiny" in card
    assert sha256(tiny) in card
    assert find("hf:me/tiny").path.read_bytes() == tiny.read_bytes()


def test_embedded_model_never_touches_the_network(tmp_path: Path) -> None:
    (tmp_path / "dark.jpg").write_bytes(photograph_file())
    done = program(
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('a socket')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse\n"
        "from llenhance.cli.app import run\n"
        "sys.exit(run(['dark.jpg']) or run(['weights', 'list']) or run(['weights', 'verify']))",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dark_enhanced.jpg").is_file()


def test_license_question_is_asked_where_somebody_sits(
    theirs: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llenhance.cli import obtain
    from llenhance.cli.terminal import Terminal

    questions: list[str] = []

    def answer(_terminal: Terminal, question: str, *, about: Sequence[str]) -> bool:
        questions.append(question)
        assert "CC BY-NC-SA 4.0" in about[0]
        return True

    monkeypatch.setattr(Terminal, "ask", answer)
    found = obtain.obtain("theirs", terminal=Terminal("weights", quiet=True), offline=False)
    assert describe(found.path).architecture == SMALL
    assert questions == ["Do you accept it?"]
    assert theirs.requests
