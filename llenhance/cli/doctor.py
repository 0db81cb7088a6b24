"""`llenhance doctor`: what works on this machine, and what to do about the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from llenhance.cli.advice import remedy
from llenhance.cli.documents import Told, told
from llenhance.cli.options import Json, Model, Quiet
from llenhance.cli.settings import SettingsPlace, places
from llenhance.cli.terminal import Terminal, printable
from llenhance.errors import LlenhanceError

if TYPE_CHECKING:
    from llenhance.doctor import Codec, Device, Place, Problem, Report, Trial, WeightsFile


def doctor(
    context: typer.Context,
    model: Model = "nano",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find out what works on this machine, and what to do about the rest.

    \b
    Examples:
      llenhance doctor
      llenhance doctor --model llflow-small
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    terminal = Terminal("doctor", json=json, quiet=quiet)

    from llenhance.doctor import examine  # imports torch

    report, settings = examine(model), places(context)
    found = [place.problem for place in settings if place.problem]
    report = replace(report, problems=[*report.problems, *found])
    if json:
        values = as_values(report, settings)
        terminal.document(values, messages=messages_of(report), exit_code=report.exit_code)
    elif quiet:
        for problem in _errors_in(report):
            terminal.fail(problem)
    else:
        terminal.write_rows(as_text(report, settings))
    raise typer.Exit(report.exit_code)


def as_values(report: Report, settings: Sequence[SettingsPlace] = ()) -> dict[str, Any]:
    """Return JSON values: sizes in bytes, times in seconds, None if something is unknown."""
    from llenhance.doctor.problem import what

    return {
        "versions": report.versions,
        "system": report.system,
        "machine": report.machine,
        "devices": [asdict(device) for device in report.devices],
        "codecs": [
            {key: value for key, value in asdict(codec).items() if key != "library"}
            for codec in report.codecs
        ],
        "weights": [
            {
                "model": file.model,
                "file": None if file.path is None else str(file.path),
                "size": file.size,
                "status": _status(file),
                "failure": str(file.error) if file.error else None,
            }
            for file in report.weights
        ],
        "settings": [
            {
                "kind": place.kind,
                "path": place.path,
                "status": place.status,
                "failure": what(place.problem) if place.problem else None,
            }
            for place in settings
        ],
        "folders": [
            {
                "purpose": place.purpose,
                "path": str(place.path),
                "exists": place.exists,
                "used": place.used,
                "free": place.free,
                "writable": place.writable,
                "failure": place.refusal,
            }
            for place in report.places
        ],
        "model": report.model,
        "trials": [asdict(trial) for trial in report.trials],
    }


def messages_of(report: Report) -> list[Told]:
    """Return what is wrong, the worst first, as JSON values."""
    return [told(problem, command="doctor", about=report.model) for problem in report.problems]


def as_text(report: Report, settings: Sequence[SettingsPlace] = ()) -> str:
    """Return aligned text for people: a section for each check, and problems last."""
    sections = [
        ("Versions", _rows(_version_cells(report))),
        ("Devices", _rows(map(_device_cells, report.devices))),
        ("Pictures", _rows(_codec_cells(report.codecs))),
        ("Weights", _rows(map(_weights_cells, report.weights))),
        *([("Settings", _rows(map(_settings_cells, settings)))] if settings else []),
        ("Folders", _rows(map(_place_cells, report.places))),
        *(_trial_section(trial, report.model) for trial in report.trials),
    ]
    if not report.trials:
        name = printable(_homely(report.model))
        sections.append(("Trial", [f"  none, as {name} cannot be used"]))
    problems = _errors_in(report)
    notes = [problem for problem in report.problems if not isinstance(problem, LlenhanceError)]
    if notes:
        sections.append(("Notes", _sentences(notes)))
    if problems:
        sections.append(("Problems", _sentences(problems)))
    paragraphs = ["\n".join([title, *lines]) for title, lines in sections]
    return "\n\n".join(paragraphs if problems else [*paragraphs, "No problems found."])


def _errors_in(report: Report) -> list[LlenhanceError]:
    return [problem for problem in report.problems if isinstance(problem, LlenhanceError)]


def _rows(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return lines of aligned cells; the last column may have any width."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in cells), strict=True)]
    return [
        "  "
        + "".join(f"{cell:{width}}  " for cell, width in zip(row[:-1], widths, strict=True))
        + row[-1]
        for row in cells
    ]


def _sentences(problems: Sequence[Problem]) -> list[str]:
    return [f"  {printable(_homely(_sentence(problem)))}" for problem in problems]


def _sentence(problem: Problem) -> str:
    from llenhance.doctor.problem import what

    return f"{what(problem)}. {remedy(problem, command='doctor')}."


def _version_cells(report: Report) -> Iterator[tuple[str, str]]:
    for name, version in report.versions.items():
        yield name, version or "not installed"
    yield "system", f"{report.system}, {report.machine}"


def _device_cells(device: Device) -> tuple[str, ...]:
    facts: list[str | None] = [
        device.title,
        _counted(device.cores, "core") if device.cores else None,
        f"torch uses {_counted(device.threads, 'thread')}" if device.threads else None,
        device.vectors,
        device.capability and f"capability {device.capability}",
        "bf16" if device.bf16 else "no bf16",
        f"{_size(device.free_memory)} of {_size(device.memory)} free",
        "chosen by auto" if device.automatic else None,
    ]
    return device.name, ", ".join(fact for fact in facts if fact)


def _codec_cells(codecs: Iterable[Codec]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each format, with all its depths."""
    for name, each in groupby(codecs, key=lambda codec: codec.format):
        depths = list(each)
        kept = [
            title
            for title, has in (("ICC", depths[0].icc_profile), ("EXIF", depths[0].exif))
            if has
        ]
        bits = " and ".join(str(codec.depth) for codec in depths)
        done = "read and written" if depths[0].written else "read"
        works = ", ".join(
            [f"{bits} bits {done}", *([" and ".join(kept) + " kept"] if kept else [])]
        )
        failures = [f"{codec.depth} bits: {codec.failure}" for codec in depths if codec.failure]
        if depths[0].extra:
            yield name, "not installed", f"pip install 'llenhance[{depths[0].extra}]'"
        else:
            yield name, *(("FAILS", "; ".join(failures)) if failures else ("works", works))


def _status(file: WeightsFile) -> str:
    return "unusable" if file.error else "ok" if file.path else "absent"


def _weights_cells(file: WeightsFile) -> tuple[str, ...]:
    if file.error:
        return _homely(file.model), "UNUSABLE", file.error.problem
    if file.path is None:
        return file.model, "absent", "not on this machine"
    same = file.model == str(file.path)
    where = "" if same else f", {_homely(str(file.path))}"
    return _homely(file.model), "ok", f"loaded and verified, {_size(file.size)}{where}"


def _settings_cells(place: SettingsPlace) -> tuple[str, ...]:
    states = {"ok": "read", "absent": "absent", "unused": "NOT USED", "unusable": "UNUSABLE"}
    return place.kind, states[place.status], _homely(place.path)


def _place_cells(place: Place) -> tuple[str, ...]:
    facts: list[str | None] = [
        _homely(str(place.path)),
        None if place.exists else "does not exist yet",
        f"holds {_size(place.used)}" if place.exists and place.used is not None else None,
        f"{_size(place.free)} free",
        place.refusal,
    ]
    state = "writable" if place.writable else "REFUSES"
    return place.purpose, state, ", ".join(fact for fact in facts if fact)


def _trial_section(trial: Trial, model: str) -> tuple[str, list[str]]:
    from llenhance.doctor.trials import SIDE

    title = f"{printable(_homely(model))} on {trial.device}, {SIDE}x{SIDE} pixels"
    rows: list[tuple[str, ...]] = []
    for run in trial.runs:
        facts = [
            None if run.seconds is None else f"{run.seconds:.3f} s",
            None if run.finite is None else "finite" if run.finite else "not finite",
            None if run.psnr is None else f"{run.psnr:.1f} dB against fp32",
            run.failure,
        ]
        rows.append(
            (
                run.precision,
                "works" if run.failure is None else "FAILS",
                ", ".join(fact for fact in facts if fact),
            )
        )
    rows.append(("auto", "is " + (trial.automatic or "none"), trial.why))
    return title, _rows(rows)


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _size(count: int | None) -> str:
    """Return a number of bytes as people read it."""
    if count is None:
        return "unknown"
    size, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.{0 if unit == 'bytes' or size >= 100 else 1}f} {unit}"


def _homely(text: str) -> str:
    """Return a text with ~ in place of the home folder at the beginning of paths."""
    try:
        home = str(Path.home())
    except RuntimeError:  # a user without one
        return text
    return text if home == "/" else re.sub(rf"(?<![\w./-]){re.escape(home)}(?=[/\s]|$)", "~", text)
