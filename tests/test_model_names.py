"""Names and folders that nothing can be done with: every command ends with a clear error."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from support.hub import Hub, point_client, running_hub
from support.photographs import photograph_file

from llenhance.cli.app import run
from llenhance.errors import UsageError, WeightsError
from llenhance.weights.find import find
from llenhance.weights.home import home, names_in
from llenhance.weights.keep import add, imported, remove
from llenhance.weights.local import located

BAD_NAMES = {
    "nothing": "",
    "folder": ".",
    "missing": "missing.safetensors",
    "through a file": "dark.jpg/model.safetensors",
    "long": "a" * 300,
    "long path": "a/" * 3000,
    "NUL": "a\0b",
    "half a pair": "\ud800",
    "line end": "a\nb",
    "nobody's home": "~nobody/model.safetensors",
    "hub, nothing": "hf:",
    "hub, long": "hf:a/" + "b" * 300,
    "hub, double dots": "hf:a/b..c",
    "hub, long file": "hf:a/b:" + "c" * 300,
    "hub, long revision": "hf:a/b@" + "c" * 300,
    "hub, NUL": "hf:a/b:c\0d",
    "hub, pattern": "hf:a/b:*",
}
VERBS = {
    "download": ["weights", "download", "NAME", "--offline"],
    "import": ["weights", "import", "NAME", "--as", "mine"],
    "import as": ["weights", "import", "tiny.safetensors", "--as", "NAME"],
    "import without a name": ["weights", "import", "NAME"],
    "import to a file": ["weights", "import", "tiny.safetensors", "-o", "NAME"],
    "info": ["weights", "info", "NAME", "--offline"],
    "verify": ["weights", "verify", "NAME"],
    "path": ["weights", "path", "NAME"],
    "remove": ["weights", "remove", "NAME"],
    "upload": ["weights", "upload", "NAME", "hf:me/model", "--license", "mit"],
    "upload to": ["weights", "upload", "nano", "NAME"],
    "enhance": ["dark.jpg", "--offline", "--model", "NAME"],
}
PAIRS = [
    (name, verb)
    for name in BAD_NAMES
    for verb in VERBS
    # The hub decides what it calls its repositories and files; a missing file can be written.
    if (name, verb) != ("missing", "import to a file")
    if verb != "upload to" or not name.startswith("hub, ") or name in ("hub, nothing", "hub, NUL")
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a photograph and a weights file; no model is kept."""
    monkeypatch.setenv("LLENHANCE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dark.jpg").write_bytes(photograph_file())
    (tmp_path / "tiny.safetensors").write_bytes(tiny.read_bytes())
    return tmp_path


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that has nothing."""
    with running_hub() as running:
        point_client(monkeypatch, running, tmp_path)
        monkeypatch.setenv("HF_TOKEN", "hf_of_somebody")
        yield running


@pytest.mark.parametrize(("name", "verb"), PAIRS)
@pytest.mark.usefixtures("hub")
def test_bad_name_is_an_error_of_every_command(
    name: str, verb: str, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    arguments = [BAD_NAMES[name] if word == "NAME" else word for word in VERBS[verb]]
    assert run(arguments) in (2, 3)
    said = capsysbinary.readouterr()
    assert said.out == b""
    assert b"error" in said.err
    assert list(folder.rglob("home/models/*")) == []


# --- The user's folder --------------------------------------------------------------------------


@pytest.fixture(params=["through a file", "a file", "long", "circle", "forbidden"])
def bad_home(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of models that cannot be made or read."""
    (folder / "file").touch()
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "forbidden").mkdir()
    homes = {
        "through a file": folder / "file" / "home",
        "a file": folder / "file",
        "long": folder / ("a" * 300),
        "circle": folder / "circle",
        "forbidden": folder / "forbidden",
    }
    monkeypatch.setenv("LLENHANCE_HOME", str(homes[request.param]))
    if request.param == "forbidden":  # simulated: to root nothing is forbidden
        _forbid(folder / "forbidden", monkeypatch)


def _forbid(forbidden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for method in ("stat", "iterdir", "mkdir"):
        usual = getattr(Path, method)

        def refuse(path: Path, *args: object, usual: object = usual, **options: object) -> object:
            if forbidden in path.parents:
                raise PermissionError(errno.EACCES, "Permission denied")
            return usual(path, *args, **options)  # pyright: ignore

        monkeypatch.setattr(Path, method, refuse)


@pytest.mark.usefixtures("bad_home")
def test_model_cannot_be_kept_in_a_bad_folder() -> None:
    with pytest.raises(WeightsError):
        add(Path("tiny.safetensors"), "mine")
    with pytest.raises(WeightsError):
        find("mine")
    with pytest.raises(WeightsError):
        remove("mine")


@pytest.mark.usefixtures("bad_home")
def test_bad_folder_is_an_error_of_the_command_but_not_of_the_shipped_model(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    for arguments in (
        ["weights", "import", "tiny.safetensors", "--as", "mine"],
        ["weights", "path", "mine"],
        ["weights", "download", "llflow-large"],
        ["weights", "remove", "mine"],
    ):
        assert run(arguments) == 3
    assert run(["weights", "list"]) in (0, 3)
    assert capsysbinary.readouterr().err
    assert run(["weights", "verify", "nano"]) == 0


def test_folder_that_cannot_be_made_names_the_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLENHANCE_HOME", str(folder / "dark.jpg" / "home"))
    with pytest.raises(WeightsError, match="Set LLENHANCE_HOME") as caught:
        add(Path("tiny.safetensors"), "mine")
    assert caught.value.code == "models-folder-unusable"


# --- No home ------------------------------------------------------------------------------------


@pytest.fixture(params=[RuntimeError("no home"), Path("~/.local/share/llenhance")], ids=str)
def homeless(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home folder, in the two ways in which platformdirs tells it."""

    def user_data_path(*_: object, **__: object) -> Path:
        if isinstance(request.param, Path):
            return request.param
        raise request.param

    monkeypatch.delenv("LLENHANCE_HOME")
    monkeypatch.setattr(platformdirs, "user_data_path", user_data_path)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_shipped_models_and_files_are_found() -> None:
    assert find("nano").path.is_file()
    assert find("tiny.safetensors").path == Path("tiny.safetensors")
    assert located("mine") is None
    assert run(["weights", "list"]) == 0
    assert run(["weights", "verify", "--all"]) == 0


@pytest.mark.usefixtures("homeless")
def test_without_a_home_nothing_is_kept(folder: Path) -> None:
    for keep in (lambda: add(Path("tiny.safetensors"), "mine"), home):
        with pytest.raises(WeightsError, match="LLENHANCE_HOME: it is not set"):
            keep()
    (folder / "LOL.pth").write_bytes(b"")
    with pytest.raises(WeightsError):
        imported(folder / "LOL.pth")
    assert run(["weights", "import", "tiny.safetensors", "--as", "mine"]) == 3
    assert not (folder / "~").exists()


# --- Files put there by hand --------------------------------------------------------------------


def test_file_whose_name_no_model_can_have_is_not_listed(folder: Path) -> None:
    for name in ("good.safetensors", "not good.safetensors", "notes.txt"):
        (folder / name).touch()
    assert names_in(folder) == ["good", "tiny"]


def test_pattern_in_a_name_removes_nothing_else(hub: Hub, tiny: Path) -> None:
    hub.add("somebody/lamps", {"model.safetensors": tiny.read_bytes()})
    path = find("hf:somebody/lamps").path
    for name in ("hf:somebody/lamps:*", "hf:somebody/lamps:model.*", "hf:somebody/lamps:?odel*"):
        with pytest.raises(WeightsError, match="not on this machine"):
            remove(name)
    assert path.is_file()


def test_reference_that_leads_out_of_the_cache_is_refused() -> None:
    with pytest.raises(UsageError):
        located("hf:somebody/lamps@../../../other")
