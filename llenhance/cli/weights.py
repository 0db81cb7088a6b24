"""`llenhance weights`: the files with the numbers of trained networks."""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from llenhance.cli.obtain import obtain
from llenhance.cli.options import Offline, Overwrite, Quiet
from llenhance.cli.terminal import Terminal, printable
from llenhance.errors import LlenhanceError, UsageError, WeightsError

if TYPE_CHECKING:
    from llenhance.weights.find import Listed

app: Final = typer.Typer(help="List, download, import, check and share models.")

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, not text.")]
Models = Annotated[
    list[str], typer.Argument(metavar="NAME...", show_default=False, help="Or hf:owner/name.")
]
One = Annotated[
    str, typer.Argument(metavar="NAME|FILE", show_default=False, help="Or hf:owner/name.")
]


@app.callback()
def weights() -> None:
    """List, download, import, check and share models."""


@app.command("list")
def list_models(json: Json = False) -> None:
    """Show every known model, and which of them are here."""
    from llenhance.weights import find as models

    found = list(models.listed())
    if json:
        Terminal().write_line(json_format.dumps([_as_row(one) for one in found], indent=1))
    else:
        Terminal().write_line(_as_table(found))


@app.command()
def download(
    names: Models,
    accept_license: Annotated[
        bool, typer.Option("--accept-license", help="Accept their licences without being asked.")
    ] = False,
    offline: Offline = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Download models, check them, and keep them."""
    terminal = Terminal(json_lines=json, quiet=quiet)
    rows: list[dict[str, Any]] = []
    for name in names:
        try:
            path = obtain(name, terminal=terminal, offline=offline, accepted=accept_license)
        except LlenhanceError as error:
            terminal.fail(error)
            rows.append({"name": name, "path": None, "error": str(error)})
        else:
            terminal.say(f"{name} is here: {path}")
            rows.append({"name": name, "path": str(path), "error": None})
    if json:
        terminal.write_line(json_format.dumps(rows, indent=1))
    raise typer.Exit(terminal.exit_code)


@app.command("import")
def import_weights(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="An authors' checkpoint, or a weights file.")
    ],
    name: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="The name for --model; else the file's."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE.safetensors", help="Write a file instead of a name."
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Keep an authors' checkpoint, or a weights file, as a model with a name."""
    if name is not None and output is not None:
        raise UsageError("--as", "contradicts --output", "Give one of them")
    from llenhance.weights import find as models
    from llenhance.weights.official import import_checkpoint  # imports torch

    if output is not None:
        network = import_checkpoint(source, target=output, overwrite=overwrite)
        made = f"{network.blocks} blocks, {network.features} features"
        Terminal().say(f"{source} -> {output}  ({made})")
        return
    name = name or source.stem
    target = models.add(source, name, overwrite=overwrite)
    Terminal().say(f"{source} -> {target}: llenhance photo.jpg --model {name}")


@app.command()
def info(model: One, offline: Offline = False, json: Json = False) -> None:
    """Show what a model is: its network, its training, what it takes."""
    terminal = Terminal(json_lines=json, quiet=json)
    path = obtain(model, terminal=terminal, offline=offline)
    from llenhance.weights.about import about  # imports torch

    facts = about(model, path)
    told = json_format.dumps(facts, indent=1) if json else _as_lines(facts)
    terminal.write_line(told)


@app.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", show_default=False, help="Names or files; else nano."),
    ] = None,
    all_models: Annotated[bool, typer.Option("--all", help="All models that are here.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check the sums and the numbers of models that are here."""
    from llenhance.weights import find as models
    from llenhance.weights.about import check  # imports torch

    terminal = Terminal(json_lines=json, quiet=quiet)
    wanted = names or [models.DEFAULT_MODEL]
    if all_models:
        wanted = [name for name, path in models.everything() if path is not None]
    rows: list[dict[str, Any]] = []
    for name in wanted:
        try:
            path = check(name)
        except LlenhanceError as error:
            terminal.fail(error)
            rows.append({"name": name, "ok": False, "error": str(error)})
        else:
            terminal.say(f"{name} is good: {path}")
            rows.append({"name": name, "ok": True, "error": None})
    if json:
        terminal.write_line(json_format.dumps(rows, indent=1))
    raise typer.Exit(terminal.exit_code)


@app.command("path")
def show_path(model: One, json: Json = False) -> None:
    """Print where a model's file is."""
    from llenhance.weights import find as models

    path = models.located(model)
    if path is None:
        raise WeightsError(model, "is not here", f"Run: llenhance weights download {model}")
    Terminal().write_line(json_format.dumps(str(path)) if json else str(path))


@app.command()
def remove(names: Models, quiet: Quiet = False) -> None:
    """Take models that were downloaded or imported off the disk."""
    from llenhance.weights import find as models

    terminal = Terminal(quiet=quiet)
    for name in names:
        try:
            freed = models.remove(name)
        except LlenhanceError as error:
            terminal.fail(error)
        else:
            terminal.say(f"{name} is gone: {freed / 1e6:.1f} MB")
    raise typer.Exit(terminal.exit_code)


@app.command()
def upload(
    model: One,
    target: Annotated[str, typer.Argument(metavar="hf:OWNER/NAME", show_default=False)],
    licence: Annotated[
        str, typer.Option("--license", metavar="NAME", help="Of the weights, for the model card.")
    ],
    quiet: Quiet = False,
) -> None:
    """Share a model: its file and a model card, in a repository of yours on the hub."""
    from llenhance.weights import find as models
    from llenhance.weights import hub
    from llenhance.weights.about import about, card  # imports torch

    wanted = hub.parse(target)
    path = models.find(model, offline=True)
    facts = about(model, path)
    url = hub.upload(path, wanted, card=card(facts, repo=wanted.repo, licence=licence))
    Terminal(quiet=quiet).say(f"{model} -> {url}")


def _as_row(one: Listed) -> dict[str, Any]:
    return {
        "name": one.name,
        "architecture": one.architecture,
        "description": one.description,
        "licence": one.licence,
        "size": one.size,
        "present": one.path is not None,
        "path": str(one.path) if one.path else None,
        "default": one.default,
        "link": one.link,
    }


def _as_table(found: Sequence[Listed]) -> str:
    rows = [("name", "", "MB", "licence", "")]
    for one in found:
        here = "default" if one.default else "here" if one.path else ""
        size = f"{one.size / 1e6:.1f}" if one.size else ""
        about = one.description or "imported"
        if one.path is None and one.link:
            about += "; get it by hand, see: llenhance weights download " + one.name
        rows.append((printable(one.name), here, size, one.licence or "", about))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _as_lines(facts: dict[str, Any]) -> str:
    flat: dict[str, Any] = {}
    for title, fact in facts.items():
        if isinstance(fact, dict):
            parts = cast("dict[str, Any]", fact)
            flat |= {f"{title}, {part}": value for part, value in parts.items()}
        elif fact is not None:
            flat[title] = fact
    widest = max(map(len, flat))
    return "\n".join(f"{title:{widest}}  {printable(str(fact))}" for title, fact in flat.items())
