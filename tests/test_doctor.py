"""`llenhance doctor`: what it finds, how it says it, and what it exits with."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch

from llenhance.cli.app import run
from llenhance.cli.doctor import as_text, as_values, messages_of
from llenhance.cli.shapes.document import adapter
from llenhance.doctor import (
    Codec,
    Device,
    GpuSigns,
    Place,
    Report,
    check_weights,
    examine,
    look_at,
    places,
    try_codec,
    try_precisions,
    unused_gpus,
)
from llenhance.doctor.devices import crowded, look_for_gpus
from llenhance.doctor.formats import try_codecs
from llenhance.doctor.limits import cores, memory
from llenhance.doctor.problem import exit_code_of, what
from llenhance.doctor.trials import Run, Trial
from llenhance.errors import LlenhanceError, WeightsError
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.pixels import Pixels
from llenhance.weights.file import load, store
from llenhance.weights.local import everything

OPTIONAL = {"scikit-image", "onnx", "onnxruntime", "openvino"}


@pytest.fixture(scope="module")
def report(tiny: Path) -> Report:
    """Of this machine, with a network of a few random parameters."""
    return examine(str(tiny))


@pytest.fixture(scope="module")
def whole(report: Report) -> dict[str, Any]:
    """The same as a program that reads JSON gets it."""
    return json.loads(json.dumps(as_values(report)))


@pytest.fixture
def damaged(tiny: Path, tmp_path: Path) -> Path:
    """A weights file of which the end is missing."""
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(tiny.read_bytes()[:-100])
    return path


def refuse_to_encode(*_: object) -> tuple[bool, None]:
    """Do what OpenCV does where it lacks a format."""
    return False, None


# --- facts ------------------------------------------------------------------------------------


def test_versions_are_of_all_libraries_and_null_for_none(whole: dict[str, Any]) -> None:
    versions = whole["versions"]
    needed = {"llenhance", "python", "torch", "numpy", "opencv", "pillow"}
    needed |= {"huggingface-hub", "safetensors"}
    assert set(versions) == needed | OPTIONAL
    assert all(versions[name][0].isdigit() for name in needed)


def test_the_processor_has_cores_memory_and_instructions(whole: dict[str, Any]) -> None:
    processor = whole["devices"][0]
    assert processor["name"] == "cpu"
    assert processor["cores"] >= 1
    assert processor["threads"] == torch.get_num_threads()
    assert processor["memory"] is None or processor["memory"] > 2**28
    assert processor["free_memory"] is None or processor["free_memory"] <= processor["memory"]
    assert processor["vectors"] == torch.backends.cpu.get_cpu_capability()
    assert sum(device["automatic"] for device in whole["devices"]) == 1


def test_every_format_is_tried_at_every_depth(whole: dict[str, Any]) -> None:
    tried = {(codec["format"], codec["depth"]) for codec in whole["codecs"] if codec["written"]}
    writers = {about.title: about.writer for about in FORMATS.values() if about.writer}
    del writers["PGM"], writers["PNM"]  # which are written by what writes PPM
    deep = {(title, 16) for title, writer in writers.items() if writer.deep}
    assert tried == deep | {(title, 8) for title in writers}
    assert all(codec["failure"] is None for codec in whole["codecs"])


# No place for them, or not in the sample.
_WITHOUT = ("BMP", "MPO", "GIF", "PPM", "PAM", "HEIC", "JPEG XL", "RAW")


def test_a_format_whose_extra_is_not_installed_is_named_with_the_command(
    whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    codecs = list(try_codecs())
    missing = [codec for codec in codecs if codec.extra]
    assert [(codec.format, codec.extra, codec.problem) for codec in missing] == [
        ("HEIC", "heic", None)
    ]
    assert all(codec["extra"] is None for codec in whole["codecs"])


def test_the_command_for_a_missing_extra_stands_in_its_row(report: Report) -> None:
    codecs = [Codec(format="HEIC", depth=8, written=False, extra="heic")]
    assert "HEIC  not installed  pip install 'llenhance[heic]'" in as_text(
        replace(report, codecs=codecs)
    )


def test_profiles_and_exif_come_back_where_the_format_has_a_place(whole: dict[str, Any]) -> None:
    kept = {codec["format"]: (codec["icc_profile"], codec["exif"]) for codec in whole["codecs"]}
    assert {kept.pop(title) for title in _WITHOUT} == {(None, None)}
    assert set(kept.values()) == {(True, True)}


def test_weights_are_those_that_ship_and_those_asked_for(whole: dict[str, Any], tiny: Path) -> None:
    assert [file["model"] for file in whole["weights"]] == [
        *(name for name, _ in everything()),
        str(tiny),
    ]
    status = {file["model"]: file["status"] for file in whole["weights"]}
    assert (status["nano"], status[str(tiny)]) == ("ok", "ok")
    assert status["llflow-large"] == "absent"
    assert whole["weights"][-1]["size"] == tiny.stat().st_size


def test_the_picture_is_tried_in_every_precision_of_every_device(whole: dict[str, Any]) -> None:
    assert [t["device"] for t in whole["trials"]] == [d["name"] for d in whole["devices"]]
    trial = whole["trials"][0]
    assert [run["precision"] for run in trial["runs"]] == ["fp32", "bf16"]
    assert all(run["seconds"] > 0 and run["finite"] for run in trial["runs"])
    assert trial["runs"][0]["psnr"] is None
    assert trial["runs"][1]["psnr"] > 20
    assert trial["automatic"] in ("fp32", "bf16")
    assert "bf16" in trial["why"]


def test_folders_say_how_much_space_is_left(whole: dict[str, Any]) -> None:
    purposes = [folder["purpose"] for folder in whole["folders"]]
    assert purposes == ["working folder", "models", "Hugging Face"]
    assert all(folder["free"] > 0 for folder in whole["folders"])


def test_the_object_has_the_keys_that_the_documentation_names(whole: dict[str, Any]) -> None:
    page = (Path(__file__).parents[1] / "docs" / "usage.md").read_text()
    assert all(f"`{key}`" in page for key in whole)
    assert set(whole) == {
        "versions",
        "system",
        "machine",
        "devices",
        "codecs",
        "weights",
        "settings",
        "folders",
        "model",
        "trials",
    }


# --- the command ------------------------------------------------------------------------------


def test_json_is_all_there_is_on_standard_output(
    tiny: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = run(["doctor", "--json", "--model", str(tiny)])
    said = capfdbinary.readouterr()
    assert said.err == b""
    whole = json.loads(said.out)
    adapter().validate_python(whole)
    assert whole["result"]["model"] == str(tiny)
    assert whole["exit_code"] == code == 0


def test_damaged_weights_are_code_3_and_a_sentence_that_names_them(
    damaged: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(cv2, "imencode", refuse_to_encode)  # code 1, which 3 outranks
    assert run(["doctor", "--model", str(damaged)]) == 3
    text = capfdbinary.readouterr().out.decode()
    problems = text.partition("\nProblems\n")[2].splitlines()
    assert problems[0].startswith(f"  {damaged}: it is damaged")
    assert problems[0].endswith(". Download it again.")
    assert any("PNG: pictures of 8 bits do not work" in line for line in problems)
    assert f"none, as {damaged} cannot be used" in text


def test_a_quiet_doctor_names_the_problems_only(
    tiny: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["doctor", "-q", "--model", str(tiny)]) == 0
    assert capfdbinary.readouterr() == (b"", b"")
    assert run(["doctor", "-q", "--model", "nonsense"]) == 3
    said = capfdbinary.readouterr()
    assert said.out == b""
    assert said.err.startswith(b"error: nonsense: it is neither a known model")


def test_a_model_that_does_not_exist_is_code_3(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["doctor", "--model", "nonsense", "--json"]) == 3
    document = json.loads(capfdbinary.readouterr().out)
    assert [message["code"] for message in document["messages"]][:1] == ["model-unknown"]
    whole = document["result"]
    assert whole["weights"][-1]["status"] == "unusable"
    assert whole["weights"][-1]["file"] is None
    assert whole["trials"] == []


def test_a_format_that_does_not_work_is_code_1_with_a_remedy(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(cv2, "imencode", refuse_to_encode)
    assert run(["doctor", "--model", str(tiny)]) == 1
    text = capfdbinary.readouterr().out.decode()
    assert "PNG      FAILS  8 bits: it could not be encoded as PNG (ValueError: OpenCV" in text
    assert text.endswith("pip install --force-reinstall opencv-python.\n")


def test_text_for_people_has_every_section_and_ends_well(report: Report, tiny: Path) -> None:
    text = as_text(report)
    titles = [line for line in text.splitlines() if line and not line.startswith(" ")]
    trial = f"{tiny} on cpu, 256x256 pixels"
    sections = ["Versions", "Devices", "Pictures", "Weights", "Folders", trial]
    assert titles[: len(sections)] == sections
    assert titles[-1] == "No problems found."
    for word in ("torch", "cores", "PNG", "16 bits", "verified", "free", "bf16", "finite", " s,"):
        assert word in text


def test_notes_are_no_problems(report: Report) -> None:
    [note] = unused_gpus(GpuSigns(nvidia_driver=True))
    noted = replace(report, problems=[note])
    assert noted.exit_code == 0
    said = f"\n\nNotes\n  {note}. {note.remedy}.\n\nNo problems found."
    assert as_text(noted).endswith(said)


def test_json_tells_what_is_wrong_and_what_to_do(report: Report) -> None:
    [note] = unused_gpus(GpuSigns(nvidia_driver=True))
    error = LlenhanceError("package-missing", "pillow", package="pillow")
    missing, unused = messages_of(replace(report, problems=[error, note]))
    assert (missing["code"], missing["severity"]) == ("package-missing", "error")
    assert (missing["about"], missing["text"]) == ("pillow", "it is not installed")
    assert missing["remedy"] == "Run: pip install pillow"
    assert (unused["code"], unused["severity"]) == (note.code, note.severity)
    assert (unused["text"], unused["remedy"]) == (str(note), note.remedy)


def test_the_home_folder_is_shown_short(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/jo"))
    place = replace(report.places[0], path=Path("/home/jo/photos"))
    other = replace(place, path=Path("/mnt/home/jo/photos"))
    text = as_text(replace(report, places=[place, other]))
    assert "  ~/photos, " in text
    assert "  /mnt/home/jo/photos, " in text


def test_a_name_cannot_steer_the_terminal(report: Report) -> None:
    place = replace(report.places[0], path=Path("/\x1b[31m"))
    assert "\x1b" not in as_text(replace(report, places=[place]))


# --- weights ----------------------------------------------------------------------------------


def test_a_model_that_is_not_on_this_machine_is_no_error(report: Report) -> None:
    [absent] = check_weights([("large", None)])
    assert absent.error is None
    assert "large  absent" in as_text(replace(report, weights=[absent]))


def test_a_file_that_is_gone_is_an_error_of_its_own(tmp_path: Path, tiny: Path) -> None:
    gone, there = check_weights([("gone", tmp_path / "gone.safetensors"), ("tiny", tiny)])
    assert gone.error is not None
    assert gone.error.code == "not-found"
    assert gone.error.name.endswith("gone.safetensors")
    assert there.error is None


# --- pictures ---------------------------------------------------------------------------------


def test_a_format_that_pillow_lacks_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    monkeypatch.delitem(Image.SAVE, "AVIF")
    codec = try_codec("AVIF", depth=8)
    assert codec.failure == "it could not be encoded as AVIF (KeyError: 'AVIF')"
    assert codec.problem is not None
    assert codec.problem.remedy.endswith(" pillow")
    assert try_codec("WEBP", depth=8).failure is None


def test_pixels_that_come_back_different_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    imencode = cv2.imencode

    def darken(end: str, pixels: Pixels, how: list[int]) -> object:
        return imencode(end, pixels // 2, how)

    monkeypatch.setattr(cv2, "imencode", darken)
    assert try_codec("PNG", depth=16).failure == "other pixels came back"


def test_one_failing_depth_does_not_hide_the_other(report: Report) -> None:
    codecs = [Codec(format="PNG", depth=8), Codec(format="PNG", depth=16, failure="no luck")]
    assert "PNG  FAILS  16 bits: no luck" in as_text(replace(report, codecs=codecs))


# --- folders ----------------------------------------------------------------------------------


def kept_in(path: Path) -> Place:
    return look_at("models", path)


def test_a_folder_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    place = kept_in(tmp_path / "a" / "b")
    assert (place.exists, place.writable, place.used) == (False, True, 0)
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_a_folder_is_added_up_and_nothing_is_left_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"12345")
    assert kept_in(tmp_path).used == 5
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "b"]


def test_a_folder_of_models_that_cannot_be_written_is_a_note_with_a_remedy(
    report: Report, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    place = kept_in(tmp_path / "file" / "models")
    assert not place.writable
    assert place.problem is not None
    assert exit_code_of(place.problem) == 0
    assert "cannot be written: part of its path is a file" in what(place.problem)
    assert "LLENHANCE_HOME" in place.problem.remedy
    assert "models  REFUSES" in as_text(replace(report, places=[place]))


def test_a_folder_with_too_long_a_name_does_not_exist(tmp_path: Path) -> None:
    assert not kept_in(tmp_path / ("n" * 300)).exists


def test_a_user_without_a_home_has_a_note_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise WeightsError("home-unknown", "LLENHANCE_HOME")

    monkeypatch.setattr(places, "home", unknown)
    [models] = [place for place in places.usual_places() if place.purpose == "models"]
    assert models.problem is not None
    assert "no home folder" in what(models.problem)


def test_a_working_folder_that_cannot_be_written_is_code_1(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    report = examine(str(tiny))
    assert report.exit_code == 1
    said = what(report.problems[0])
    assert said.endswith("no file can be written in this working folder: permission is denied")


# --- precisions -------------------------------------------------------------------------------


def test_a_network_whose_numbers_are_not_finite_is_code_1(tiny: Path, tmp_path: Path) -> None:
    model, path = load(tiny), tmp_path / "huge.safetensors"
    for parameter in model.encoder.parameters():
        parameter.mul_(1e30)
    store(model, path, training={}, dtype=torch.float32, overwrite=False)
    trial = try_precisions(path, "cpu")
    assert [run.finite for run in trial.runs] == [False, False]
    assert trial.automatic == "fp32"
    assert {exit_code_of(problem) for problem in trial.problems} == {0, 1}
    assert trial.problems[0].code == "precision-broken"


def test_a_precision_that_nobody_needs_is_a_note() -> None:
    runs = [Run(precision="fp32", finite=True), Run(precision="fp16", failure="overflows")]
    trial = Trial(device="cuda:0", runs=runs, automatic="fp32", why="")
    [problem] = trial.problems
    assert what(problem) == "fp16 does not work on cuda:0: overflows"
    assert exit_code_of(problem) == 0


def test_a_device_that_does_nothing_is_told_and_the_rest_goes_on(tiny: Path) -> None:
    trial = try_precisions(tiny, "meta")  # has no numbers
    assert trial.automatic is None or trial.automatic == "fp32"
    assert {exit_code_of(problem) for problem in trial.problems} >= {1}
    assert what(trial.problems[0]).startswith("device meta: it does not work with fp32: ")


# --- GPUs that are not used -------------------------------------------------------------------

NVIDIA = GpuSigns(nvidia_card=True, nvidia_driver=True, cuda_build="13.0")


@pytest.mark.parametrize(
    ("signs", "why", "remedy"),
    [
        (replace(NVIDIA, cuda_build=None), "a build without CUDA", "Install a torch with CUDA"),
        (replace(NVIDIA, visible=""), "CUDA_VISIBLE_DEVICES= hides it", "Unset"),
        (replace(NVIDIA, visible="-1"), "CUDA_VISIBLE_DEVICES=-1 hides it", "Unset"),
        (replace(NVIDIA, visible="7"), "CUDA_VISIBLE_DEVICES=7 names none", "nvidia-smi lists"),
        (replace(NVIDIA, nvidia_driver=False), "no NVIDIA driver", "in a container"),
        (
            replace(NVIDIA, complaint="The NVIDIA driver on your system is too old (found 1)"),
            "too old for CUDA 13.0",
            "Update NVIDIA's driver",
        ),
        (replace(NVIDIA, complaint="unknown error"), "(unknown error)", "Run nvidia-smi"),
        (NVIDIA, "torch does not say why", "Run nvidia-smi"),
        (GpuSigns(amd_driver=True, cuda_build="13.0"), "without ROCm", "torch for ROCm"),
        (GpuSigns(amd_driver=True, rocm_build="7.0"), "ROCm 7.0, finds none", "rocminfo"),
        (GpuSigns(mac=True, mps_built=True), "does not offer it", "Update macOS"),
        (GpuSigns(mac=True), "a build without MPS", "pip install"),
    ],
)
def test_why_a_gpu_is_not_used(signs: GpuSigns, why: str, remedy: str) -> None:
    [note] = unused_gpus(signs)
    assert "is present but unused: " in str(note)
    assert why in str(note)
    assert remedy in note.remedy


@pytest.mark.parametrize(
    "signs",
    [
        GpuSigns(),
        GpuSigns(cuda_build="13.0", visible=""),
        replace(NVIDIA, usable=1),
        GpuSigns(amd_driver=True, rocm_build="7.0", usable=1),
        GpuSigns(mac=True, mps_built=True, mps_usable=True),
    ],
)
def test_nothing_is_said_of_gpus_that_are_used_or_not_there(signs: GpuSigns) -> None:
    assert unused_gpus(signs) == []


def test_a_card_is_seen_without_its_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # no nvidia-smi
    card = tmp_path / "sys/bus/pci/devices/0000:01:00.0"
    card.mkdir(parents=True)
    (card / "class").write_text("0x030000\n")
    (card / "vendor").write_text("0x10de\n")
    signs = look_for_gpus(tmp_path)
    assert (signs.nvidia_card, signs.nvidia_driver) == (True, False)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvidia0").touch()
    assert look_for_gpus(tmp_path).nvidia_driver


# --- what a container grants ------------------------------------------------------------------


def machine(root: Path, files: dict[str, str]) -> Path:
    """Make a file system in which the system's files say this; 8 GB of memory, 6 of them free."""
    files = {"proc/meminfo": "MemTotal: 8000000 kB\nMemAvailable: 6000000 kB\n"} | files
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_without_limits_memory_is_the_machines(tmp_path: Path) -> None:
    assert memory(machine(tmp_path, {})) == (8_192_000_000, 6_144_000_000)


def test_memory_is_what_control_group_2_and_those_around_it_grant(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/outer/inner\n",
        "sys/fs/cgroup/outer/inner/memory.max": "max\n",
        "sys/fs/cgroup/outer/memory.max": "1000000\n",
        "sys/fs/cgroup/outer/memory.current": "700000\n",
        "sys/fs/cgroup/outer/memory.stat": "anon 1\ninactive_file 100000\n",
    }
    assert memory(machine(tmp_path, files)) == (1_000_000, 400_000)


def test_memory_is_what_control_group_1_grants(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "4:memory:/of/the/host\n1:cpu,cpuacct:/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "500000\n",
    }
    assert memory(machine(tmp_path, files)) == (2_000_000, 1_500_000)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cpu.max", "50000 100000\n"),
        ("cpu.cfs_quota_us", "50000\n"),
    ],
)
def test_half_a_core_counts_as_one(tmp_path: Path, name: str, text: str) -> None:
    files = {
        "proc/self/cgroup": "0::/\n",
        f"sys/fs/cgroup/{name}": text,
        "sys/fs/cgroup/cpu.cfs_period_us": "100000\n",
    }
    assert cores(machine(tmp_path, files)) == 1


@pytest.mark.parametrize("text", ["max 100000\n", "99900000 100000\n", ""])
def test_no_quota_leaves_all_cores(tmp_path: Path, text: str) -> None:
    files = {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": text}
    assert cores(machine(tmp_path, files)) == cores(tmp_path / "nothing")


def test_more_threads_than_cores_are_a_note() -> None:
    device = Device(name="cpu", title="", automatic=True, bf16=False, cores=2, threads=64)
    [note] = crowded([device])
    assert str(note) == "torch computes with 64 threads on 2 cores"
    assert note.remedy == "Set OMP_NUM_THREADS=2"


@pytest.mark.parametrize(
    ("cores", "threads", "said"),
    [(1, 1, "1 core, torch uses 1 thread,"), (16, 8, "16 cores, torch uses 8 threads,")],
)
def test_cores_and_threads_are_told_apart(
    cores: int, threads: int, said: str, report: Report
) -> None:
    device = replace(report.devices[0], cores=cores, threads=threads)
    assert said in as_text(replace(report, devices=[device]))


def test_no_number_is_infinite(whole: dict[str, Any]) -> None:
    assert all(math.isfinite(run["psnr"] or 0) for t in whole["trials"] for run in t["runs"])
