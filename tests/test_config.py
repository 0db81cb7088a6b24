"""Settings that need not be typed: which of them counts, which are refused, and what is told."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
import pytest
import typer
from support.runners import Command, Outcome, imported_by

from llenhance import UsageError, read_provenance
from llenhance.cli.advice import sentence
from llenhance.cli.app import app
from llenhance.cli.config import rows
from llenhance.cli.presets import BUILT_IN
from llenhance.cli.settings import settable
from llenhance.cli.settings_files import FROM_PROJECT, ONLY_TYPED
from llenhance.doctor import Report

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLENHANCE_NO_CONFIG")


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's file is."""
    folder = tmp_path_factory.mktemp("settings")
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: folder)  # pyright: ignore
    return folder


@pytest.fixture
def user(home: Path) -> Write:
    return writing(home / "llenhance.toml")


@pytest.fixture
def project(folder: Path, home: Path) -> Write:
    return writing(folder / "llenhance.toml")


def writing(path: Path) -> Write:
    def write(text: str) -> Path:
        path.write_text(text)
        return path

    return write


@pytest.fixture
def shown(home: Path, folder: Path) -> Callable[..., dict[str, Any]]:
    """What `llenhance config show --json` tells of each option."""

    def show(*arguments: str) -> dict[str, Any]:
        with enhance().make_context("enhance", list(arguments)) as context:
            return {row["option"]: row for row in rows(context)}

    return show


Shown = Callable[..., dict[str, Any]]


def problem(done: Outcome) -> str:
    """What a command said that it refused to run for."""
    assert done.code == 2
    assert done.stderr.startswith("error: ")
    return done.stderr.removeprefix("error: ").strip()


# --- which value counts -----------------------------------------------------------------------

KINDS = {  # an option, and what the user, the project, a preset, a variable and a flag say
    "number": ("brightness", 0.01, 0.02, 0.03, "0.04", 0.04, ("--brightness", "0.05"), 0.05),
    "whole number": ("quality", 61, 62, 63, "64", 64, ("--quality", "65"), 65),
    "text": ("format", "png", "webp", "bmp", "avif", "avif", ("--format", "tiff"), "tiff"),
    "switch": ("fast", True, False, True, "0", False, ("--fast",), True),
    "switch that is turned off": ("fast", False, True, False, "1", True, ("--no-fast",), False),
    "pair": ("recursive", False, True, False, "yes", True, ("--no-recursive",), False),
}


def toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


@pytest.mark.parametrize("kind", KINDS)
def test_stronger_sources_count(
    kind: str,
    shown: Shown,
    user: Write,
    project: Write,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    option, by_user, by_project, by_preset, variable, by_variable, flag, by_flag = KINDS[kind]
    default = shown()[option]
    assert default["source"] == "default"
    own = user(f"{option} = {toml(by_user)}")
    row = shown()[option]
    assert (row["value"], row["source"], row["file"]) == (by_user, "user", str(own))
    theirs = project(f"{option} = {toml(by_project)}\n[preset.night]\n{option} = {toml(by_preset)}")
    row = shown()[option]
    assert (row["value"], row["source"], row["file"]) == (by_project, "project", str(theirs))
    row = shown("--preset", "night")[option]
    assert (row["value"], row["preset"], row["file"]) == (by_preset, "night", str(theirs))
    monkeypatch.setenv(f"LLENHANCE_{option.upper()}", variable)
    row = shown("--preset", "night")[option]
    assert (row["value"], row["source"]) == (by_variable, "environment")
    assert row["variable"] == f"LLENHANCE_{option.upper()}"
    assert parsed(*flag)[option] == by_flag
    assert shown("--no-config")[option] == default


@cache
def enhance() -> Any:
    """Typer's command."""
    group: Any = typer.main.get_command(app)
    return group.commands["enhance"]


def parsed(*arguments: str) -> dict[str, Any]:
    """Return the values that `llenhance enhance` gets."""
    with enhance().make_context("enhance", list(arguments)) as context:
        return context.params


def refused(*arguments: str) -> str:
    """Return what `llenhance enhance` says before it does anything."""
    with pytest.raises(UsageError) as caught:
        parsed("dark.jpg", *arguments)
    return sentence(caught.value, command="enhance")


def test_settings_do_what_they_say(llenhance_: Command, project: Write, folder: Path) -> None:
    project('format = "webp"\nbrightness = 0.1\noutput = "made"\n')
    assert llenhance_("dark.jpg").code == 0
    record = read_provenance(folder / "made" / "dark.webp")
    assert record is not None
    assert (record.brightness, record.format) == (0.1, "WEBP")


@pytest.mark.parametrize("stronger", ["typed", "variable", "project"])
def test_an_alternative_replaces_what_weaker_sources_say(
    stronger: str, shown: Shown, user: Write, project: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    user("target-mean = 0.4\nverbose = true")
    if stronger == "typed":
        values = parsed("--brightness", "0.1", "-q")
        assert (values["brightness"], values["target_mean"]) == (0.1, None)
        assert (values["quiet"], values["verbose"]) == (True, False)
        return
    if stronger == "variable":
        monkeypatch.setenv("LLENHANCE_BRIGHTNESS", "0.1")
    else:
        project("brightness = 0.1")
    told = shown()
    assert told["brightness"]["value"] == 0.1
    assert (told["target-mean"]["value"], told["target-mean"]["source"]) == (None, "default")


def test_two_alternatives_in_one_file_are_a_contradiction(
    llenhance_: Command, project: Write
) -> None:
    project("target-mean = 0.4\nexposure = 1")
    assert "they contradict each other" in problem(llenhance_("dark.jpg"))


def test_a_switch_that_is_off_replaces_nothing(user: Write, folder: Path, shown: Shown) -> None:
    user("skip-existing = true\noverwrite = false")
    assert shown()["skip-existing"]["value"] is True


def test_the_name_after_o_decides_the_format(
    llenhance_: Command, project: Write, folder: Path
) -> None:
    project('format = "webp"')
    assert llenhance_("dark.jpg", "-o", "bright.png").code == 0
    assert (folder / "bright.png").read_bytes().startswith(b"\x89PNG")


def test_a_pipe_goes_through_whatever_folder_is_set(project: Write) -> None:
    project('output = "made"')
    assert parsed("-")["output"] is None
    assert parsed("-", "-o", "here")["output"] == "here"
    assert parsed("dark.jpg")["output"] == "made"


# --- where files are --------------------------------------------------------------------------


def test_the_nearest_file_counts(
    shown: Shown, project: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project('brightness = 0.1\noutput = "made/"')
    (folder / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(folder / "a" / "b")
    assert shown()["brightness"]["value"] == 0.1
    assert shown()["output"]["value"] == str(Path("..", "..", "made")) + "/"
    (folder / "a" / "llenhance.toml").write_text("")
    assert shown()["brightness"]["source"] == "default"


@pytest.mark.parametrize("end", ["repository", "home"])
def test_the_search_ends(
    end: str, shown: Shown, project: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project("brightness = 0.1")
    inner = folder / "inner" / "most"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert shown()["brightness"]["source"] == "project"
    if end == "repository":
        (inner.parent / ".git").mkdir()
    else:
        monkeypatch.setenv("HOME", str(inner.parent))
        monkeypatch.setenv("USERPROFILE", str(inner.parent))
    assert shown()["brightness"]["source"] == "default"
    (inner.parent / "llenhance.toml").write_text("brightness = 0.2")  # the last place looked at
    assert shown()["brightness"]["value"] == 0.2


def test_path_names_the_files(run: Command, project: Write, home: Path, folder: Path) -> None:
    own = str(home / "llenhance.toml")
    assert run("config", "path").stdout == f"{own}\n"
    theirs = str(project(""))
    assert run("config", "path").stdout == f"{theirs}\n{own}\n"
    assert run("config", "path", "--json").document["result"] == [
        {"kind": "project", "path": theirs, "exists": True},
        {"kind": "user", "path": own, "exists": False},
    ]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the system has no owners of this kind")
def test_a_file_of_somebody_else_is_not_used(
    run: Command, shown: Shown, project: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project("brightness = 0.1")
    real = path.stat().st_uid
    found = Path.stat

    def of_others(self: Path, **options: Any) -> os.stat_result:
        status = list(found(self, **options))
        status[4] = 12345 if self == path else real
        return os.stat_result(status)

    monkeypatch.setattr(Path, "stat", of_others)
    assert shown()["brightness"]["source"] == "default"
    assert "belongs to another user" in run("config", "show").stderr


def test_verbose_says_which_files_were_read(
    llenhance_: Command, project: Write, user: Write
) -> None:
    paths = [project("brightness = 0.1"), user("fast = false")]
    assert "settings were used" not in llenhance_("dark.jpg").stderr
    said = llenhance_("dark.jpg", "--verbose", "--overwrite").stderr.splitlines()
    assert [line for line in said if "settings were used" in line] == [
        f"{path}: its settings were used" for path in paths
    ]


# --- what is refused --------------------------------------------------------------------------

WRONG = {  # what a user's file says: what is told, after its name
    "text for a number": (
        '\nbrightness = "a"',
        ":2: brightness cannot be 'a': it must be a number from -1 to 1.",
    ),
    "out of range": ("brightness = 2", ":1: brightness cannot be 2: it must be a number from -1"),
    "number for a switch": ("fast = 1", ":1: fast cannot be 1: it must be true or false"),
    "switch for a number": ("jobs = true", ":1: jobs cannot be true: it must be a whole number"),
    "switch for a text": ("model = true", ":1: model cannot be true: it must be a text in quotes"),
    "date for a text": (
        "model = 2020-02-02",
        ":1: model cannot be 2020-02-02: it must be a text in quotes.",
    ),
    "no choice": (
        'metadata = "some"',
        ":1: metadata cannot be 'some': it must be keep, strip or strip-gps.",
    ),
    "no size": ('tile = "big"', ":1: tile cannot be 'big': 'big' is not a size"),
    "half a tile": (
        "tile = 100",
        ":1: tile cannot be 100: the side of a tile is a multiple of 8 pixels, not 100.",
    ),
    "no device": ('device = "tpu"', ":1: device cannot be 'tpu': it must be auto, cpu, cuda, cuda"),
    "nothing": ('match = ""', ":1: match cannot be '': it must not be empty."),
    "fraction": ("jobs = 1.5", ":1: jobs cannot be 1.5: it must be a whole number from 1 to 64."),
    "no number": ("quality = nan", ":1: quality cannot be nan: it must be a whole number from 1"),
    "no format": ('format = "gif"', ":1: format cannot be 'gif': pictures of this format can be"),
    "misspelled": (
        "brightnes = 1",
        ":1: brightnes is no option that can be set here. Did you mean",
    ),
    "unknown": ("xyzzy = 1", ":1: xyzzy is no option that can be set here. All that are"),
    "typed alone": ("dry-run = true", ":1: dry-run is about a single run, and can only be typed"),
    "twice": ("fail-fast = true\nfail_fast = true", ":2: fail_fast says again what fail-fast says"),
    "other command": ("\n[evaluate]\nfast = true", ":2: [evaluate] is no table of settings"),
    "preset as text": ('preset = "night"', ":1: preset must be a table"),
    "preset without table": ("[preset]\nnight = 1", ":2: preset.night must be a table"),
    "in a preset": ("fast = true\n[preset.a]\nfats = true", ":3: fats is no option"),
    "no TOML": ("brightness 1", ": it is no TOML: Expected '=' after a key"),
    "brackets": ("a = " + "[" * 9999, ": it is no TOML: too many brackets"),
    "long": ("#" * 2_000_000, ": it has more than a megabyte"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_settings_are_told_in_one_sentence(case: str, user: Write) -> None:
    text, told = WRONG[case]
    path = user(text)
    said = refused()
    assert said.startswith(str(path))
    assert told in said
    assert "\n" not in said


def test_text_in_another_encoding_is_told_with_its_line(user: Write) -> None:
    path = user("")
    path.write_bytes(b"fast = true\n# \xfcber\n")
    assert refused() == f"{path}:2: it is no text in UTF-8. Save it as UTF-8."


def test_a_mark_of_the_byte_order_is_no_mistake(shown: Shown, user: Write) -> None:
    user("").write_bytes(b"\xef\xbb\xbfbrightness = 0.1\r\ntile = 256\r\n")
    assert shown()["brightness"]["value"] == 0.1
    assert shown()["tile"]["value"] == "256"


@pytest.mark.parametrize("kind", ["folder", "pipe", "circle", "secret"])
def test_what_cannot_be_read_is_told(kind: str, run: Command, user: Write) -> None:
    path = user("brightness = 0.1")
    if kind == "secret":
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
    else:
        path.unlink()
        {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path)}.get(
            kind, lambda: path.symlink_to(path)
        )()
    assert problem(run("dark.jpg")).startswith(f"{path}: ")
    assert parsed("dark.jpg", "--no-config")["brightness"] == 0


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("BRIGHTNESS", "a", "it cannot be 'a': it must be a number from -1 to 1"),
        ("BRIGHTNESS", "nan", "it cannot be 'nan': it must be a number from -1 to 1"),
        ("QUALITY", "101", "it cannot be '101': it must be a whole number from 1 to 100"),
        ("MAX_MEGAPIXELS", "0", "it cannot be '0': it must be a number, at least 0.01"),
        ("FAST", "perhaps", "it cannot be 'perhaps': it must be true or false"),
        ("NO_CONFIG", "perhaps", "it cannot be 'perhaps': it must be true or false"),
        ("METADATA", "all", "it cannot be 'all': it must be keep, strip or strip-gps"),
        ("TILE", "big", "it cannot be 'big': 'big' is not a size. Use auto, 0 for the whole"),
        ("TILE", "-8", "it cannot be '-8': the side of a tile is a multiple of 8 pixels, not -8"),
        ("FORMAT", "x", "it cannot be 'x': there is no such format. Use one of JPEG, PNG"),
        ("DEVICE", "tpu", "it cannot be 'tpu': it must be auto, cpu, cuda, cuda:1 or mps"),
    ],
)
def test_wrong_variables_are_told(
    variable: str, value: str, told: str, run: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"LLENHANCE_{variable}", value)
    assert problem(run("dark.jpg")).startswith(f"LLENHANCE_{variable}: {told}")


OPTIONS = settable(typer.main.get_command(app).commands["enhance"])  # pyright: ignore
WRONG_TYPES = {"list": "[[1]]", "date": "2020-02-02", "no number": "nan", "nothing": '""'}


@pytest.mark.parametrize("kind", WRONG_TYPES)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_wrong_type_of_any_option_is_told_in_plain_words(
    name: str, kind: str, user: Write
) -> None:
    """In one line: the file, the line, the option, the value, and what is wanted."""
    option = name.replace("_", "-")
    path = user(f"{option} = {WRONG_TYPES[kind]}")
    if (name, kind) == ("suffix", "nothing"):
        assert parsed("dark.jpg")[name] == ""
        return
    said = refused()
    assert said.startswith(f"{path}:1: {option} cannot be ")
    wanted = said.partition(" cannot be ")[2]
    assert re.fullmatch(r"[^:]{1,60}: it must .*\.", wanted)
    assert not re.search(r"Input|parse|valid|integer|string|datetime|float|bool|than or", wanted)


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("BRIGTHNESS", "Did you mean this: LLENHANCE_BRIGHTNESS"),
        ("XYZZY", "this variable says nothing to llenhance. Unset it"),
        ("JSON", "the option can only be typed"),
        ("HELP", "this variable says nothing to llenhance"),
    ],
)
def test_variables_that_say_nothing_are_warned_of(
    variable: str, told: str, run: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"LLENHANCE_{variable}", "1")
    done = run("config", "show")
    assert done.code == 0
    assert told in done.stderr
    assert run("config", "show", "--no-config").stderr == ""


def test_presets_that_are_not_there_are_told(user: Write) -> None:
    user("[preset.night]\n[preset.snow]")
    assert "Did you mean this: night" in refused("--preset", "nigth")
    assert "Use one of these: archive, indoor, night, snow, web" in refused("--preset", "x")


# --- presets that come with llenhance ---------------------------------------------------------


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_preset_says_what_a_file_could_say(name: str, shown: Shown, user: Write) -> None:
    by_itself = shown("--preset", name)
    said = {option for option, row in by_itself.items() if row["preset"] == name}
    assert said == BUILT_IN[name].options.keys()
    assert {by_itself[option]["source"] for option in said} == {"built-in"}
    lines = (f"{option} = {toml(value)}" for option, value in BUILT_IN[name].options.items())
    user("\n".join([f"[preset.{name}]", *lines]))
    written = shown("--preset", name)
    assert [row["value"] for row in written.values()] == [
        row["value"] for row in by_itself.values()
    ]


def test_ones_own_preset_takes_the_place_of_a_built_in_one(shown: Shown, user: Write) -> None:
    path = user("[preset.web]\nquality = 50")
    row = shown("--preset", "web")["quality"]
    assert (row["value"], row["source"], row["file"]) == (50, "user", str(path))
    assert shown("--preset", "web")["format"]["value"] is None
    assert parsed("--preset", "web", "--no-config")["quality"] == 80


def test_a_built_in_preset_does_what_it_says(llenhance_: Command, folder: Path) -> None:
    assert llenhance_("dark.jpg", "--preset", "web").code == 0
    record = read_provenance(folder / "dark_enhanced.webp")
    assert record is not None
    assert (record.format, record.metadata) == ("WEBP", "strip-gps")


def test_presets_are_listed(run: Command, project: Write) -> None:
    path = project("[preset.night]\nfast = true\n[preset.snow]")
    [*others, web] = run("config", "presets", "--json").document["result"]
    assert web["purpose"] == BUILT_IN["web"].purpose
    assert web["options"][1] == {"option": "quality", "value": 80}
    assert [(one["preset"], one["source"], one["file"]) for one in others] == [
        ("archive", "built-in", None),
        ("indoor", "built-in", None),
        ("night", "project", str(path)),
        ("snow", "project", str(path)),
    ]
    said = run("config", "presets").stdout.splitlines()
    assert said[4:6] == [f"night  ({path})", "  fast true"]
    assert said[-1] == "  format webp, quality 80, metadata strip-gps"


# --- what a project's file may not do ---------------------------------------------------------

DANGEROUS = [
    *("overwrite = true", 'model = "hf:a/b"', 'model = "a.safetensors"', "offline = false"),
    *("max-megapixels = 9999", "jobs = 64", "threads = 1000", 'metadata = "keep"'),
    *("no-provenance = true", "quiet = true", "tile = 0", 'device = "cuda"'),
]


@pytest.mark.parametrize("text", DANGEROUS)
@pytest.mark.parametrize("table", ["", "[preset.night]\n"])
def test_a_project_cannot_set(text: str, table: str, project: Write) -> None:
    path = project(f"{table}{text}")
    key = text.partition(" ")[0]
    said = refused()
    assert said.startswith(f"{path}:{1 + bool(table)}: the file of a project cannot set {key}")


def test_options_that_come_later_are_none_of_a_projects() -> None:
    """Whoever adds one decides, in `settings_files.FROM_PROJECT`, whether strangers may set it."""
    options = settable(enhance())
    assert options.keys() >= FROM_PROJECT
    assert not options.keys() & ONLY_TYPED


@pytest.mark.parametrize("option", ["output", "match"])
@pytest.mark.parametrize(
    "path", ["..", "../x", "a/../../x", "/tmp/x", "~/x", "-", ".git/hooks", "outside/x"]
)
def test_a_project_cannot_lead_out_of_its_folder(
    option: str, path: str, project: Write, folder: Path, tmp_path_factory: Any
) -> None:
    (folder / "outside").symlink_to(tmp_path_factory.mktemp("outside"))
    project(f'{option} = "{path}"')
    assert f"{option} cannot be '{path}': in the file of a project" in refused()


def test_a_link_in_the_results_of_a_project_cannot_lead_out(
    project: Write, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / "made").mkdir()
    (folder / "made" / "sub").symlink_to(tmp_path_factory.mktemp("outside"))
    project('output = "made"')
    assert "must stay in the folder of that file" in refused()


def test_a_project_replaces_nothing(llenhance_: Command, project: Write, folder: Path) -> None:
    project('output = "made"')
    (folder / "made").mkdir()
    (folder / "made" / "dark.jpg").write_bytes(b"mine")
    assert llenhance_("dark.jpg").code == 1
    assert (folder / "made" / "dark.jpg").read_bytes() == b"mine"


def test_a_user_may_set_what_a_project_may_not(shown: Shown, user: Write) -> None:
    user('overwrite = true\nmodel = "~/mine.safetensors"\noutput = "~/bright/"')
    told = shown()
    assert told["overwrite"]["value"] is True
    assert told["model"]["value"] == str(Path("~/mine.safetensors").expanduser())
    assert told["output"]["value"] == str(Path("~/bright").expanduser()) + "/"


# --- the doctor, replay, and what else there is -----------------------------------------------


def test_the_doctor_reads_the_files(
    run: Command, project: Write, user: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("devices", "codecs", "weights"), ())
    nothing |= dict.fromkeys(("places", "trials", "problems"), ())
    report = Report(versions={}, system="Linux", machine="x", model="nano", **nothing)
    monkeypatch.setattr("llenhance.doctor.examine", lambda *_: report)  # pyright: ignore
    own = user("fast = true")
    done = run("doctor", "--json")
    assert done.code == 0
    assert done.report["settings"] == [
        {"kind": "user", "path": str(own), "status": "ok", "failure": None}
    ]
    theirs = project("brightnes = 1")
    done = run("doctor", "--json")
    assert done.code == 2
    assert [row["status"] for row in done.report["settings"]] == ["unusable", "ok"]
    assert done.document["messages"][0]["code"] == "config-key-misspelled"
    text = run("doctor").stdout
    assert f"  project  UNUSABLE  {theirs}\n  user     read      {own}\n" in text
    assert f"{theirs}:1: brightnes is no option that can be set here" in text


def test_replay_is_not_changed_by_settings(
    llenhance_: Command, run: Command, project: Write, user: Write, folder: Path
) -> None:
    assert llenhance_("dark.jpg", "--brightness", "0.1", "-o", "first/").code == 0
    first = folder / "first" / "dark.jpg"
    project('target-mean = 0.6\nfast = true\nformat = "png"\nquality = 10')
    user(
        'model = "absent"\nprecision = "fp16"\ntile = 24\nmetadata = "strip"\nno-provenance = true'
    )
    again = llenhance_("dark.jpg", "--replay", str(first), "-o", "again/")
    assert again.code == 0, again.stderr
    assert (folder / "again" / "dark.jpg").read_bytes() == first.read_bytes()


def test_a_preset_contradicts_replay(project: Write) -> None:
    project("[preset.night]\nbrightness = 0.1")
    said = refused("--preset", "night", "--replay", "x.jpg")
    assert said.startswith("--preset: it contradicts --replay")


def test_help_tells_the_same_whatever_is_set(
    run: Command, user: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    before = run("enhance", "--help")
    user("brightness = ")
    monkeypatch.setenv("LLENHANCE_BRIGHTNESS", "0.3")
    assert run("enhance", "--help") == before


def test_show_says_what_really_happens(shown: Shown, user: Write, project: Write) -> None:
    user("target-mean = 0.4\njobs = 2\nfast = true")
    project("exposure = 1\n[preset.night]\nfast = false")
    told = shown("--preset", "night")
    values = parsed("--preset", "night")
    assert {row["option"].replace("-", "_"): row["value"] for row in told.values()} == {
        name: value for name, value in values.items() if name.replace("_", "-") in told
    }


def test_show_is_json_for_programs(
    run: Command, shown: Shown, user: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    user("brightness = 0.1")
    monkeypatch.setenv("LLENHANCE_FAST", "1")
    told = run("config", "show", "--json").document["result"]
    assert told == list(shown().values())
    assert run("config", "show", "--json", "--no-config").document["result"] != told


def test_show_is_text_for_people(run: Command, project: Write, folder: Path) -> None:
    path = project("brightness = 0.1\n[preset.night]\nfast = true")
    lines = run("config", "show", "--preset", "night").stdout.splitlines()
    cells = [line.split(maxsplit=2) for line in lines]
    assert ["brightness", "0.1", str(path)] in cells
    assert ["fast", "true", f"{path} [preset.night]"] in cells
    assert ["exposure", "-", "default"] in cells


def test_settings_are_read_without_heavy_libraries() -> None:
    assert not {"torch", "cv2", "PIL", "numpy"} & imported_by("config", "show")
