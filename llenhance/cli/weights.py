"""`llenhance weights`: list, download, import, check and share models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from llenhance.cli import completion
from llenhance.cli.obtain import obtain
from llenhance.cli.options import Offline, Overwrite, Quiet
from llenhance.cli.terminal import Terminal, printable
from llenhance.errors import LlenhanceError, UsageError, WeightsError

if TYPE_CHECKING:
    from llenhance.weights.local import Listed

_UNKNOWN: Final = "unknown"

app: Final = typer.Typer(help="List, download, import, check and share models.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Models = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME",
        show_default=False,
        help="Names, or hf:owner/name.",
        autocompletion=completion.models,
    ),
]
One = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        show_default=False,
        help="A name, hf:owner/name, or a weights file.",
        autocompletion=completion.models,
    ),
]


@app.callback()
def weights() -> None:
    """List, download, import, check and share models."""


@app.command("list")
def list_models(json: Json = False) -> None:
    """List all known models, their licenses, and which are on this machine.

    \b
    Example:
      llenhance weights list
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    from llenhance.weights.local import listed

    terminal, found = Terminal("weights list", json=json), list(listed())
    if json:
        terminal.document([_as_row(one) for one in found])
    else:
        terminal.write_line(_as_table(found))


@app.command()
def download(
    names: Models,
    accept_license: Annotated[
        bool, typer.Option("--accept-license", help="Accept the licenses without being asked.")
    ] = False,
    offline: Offline = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Download models and check them.

    \b
    Examples:
      llenhance weights download llflow-small
      llenhance weights download hf:owner/name@v1:model.safetensors
    """  # noqa: D301
    terminal = Terminal("weights download", json=json, quiet=quiet)
    rows: list[dict[str, Any]] = []
    for name in names:
        try:
            found = obtain(name, terminal=terminal, offline=offline, accepted=accept_license)
        except LlenhanceError as error:
            terminal.fail(error)
            rows.append({"name": name, "path": None})
        else:
            terminal.say(f"{name} is on this machine: {found.path}")
            rows.append({"name": name, "path": str(found.path)})
    if json:
        terminal.document(rows)
    raise typer.Exit(terminal.exit_code)


@app.command("import")
def import_weights(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="A weights file, or an authors' checkpoint.")
    ],
    name: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Name of the model. Default: that of the file."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.safetensors",
            help="Write a weights file instead of keeping a model.",
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Keep a weights file, or a checkpoint of the LLFlow authors, as a model with a name.

    \b
    Examples:
      llenhance weights import LOL_smallNet.pth --as llflow-small
      llenhance weights import LOL_smallNet.pth -o small.safetensors
    """  # noqa: D301
    if name is not None and output is not None:
        raise UsageError("contradiction", "--as and --output")
    from llenhance.weights.keep import add, write_weights

    if output is not None:
        network = write_weights(source, output, overwrite=overwrite)
        made = f"{network.blocks} blocks, {network.features} features"
        Terminal("weights import").say(f"{source} -> {output}  ({made})")
        return
    name = source.stem if name is None else name
    target = add(source, name, overwrite=overwrite)
    Terminal("weights import").say(f"{source} -> {target}: llenhance photo.jpg --model {name}")


@app.command()
def info(model: One, offline: Offline = False, json: Json = False) -> None:
    """Show a model's network, license, training, and what it needs.

    \b
    Examples:
      llenhance weights info nano
      llenhance weights info model.safetensors --json
    """  # noqa: D301
    terminal = Terminal("weights info", json=json, quiet=json)
    found = obtain(model, terminal=terminal, offline=offline)
    from llenhance.weights.about import about  # imports torch

    facts = about(found)
    if json:
        terminal.document(facts)
    else:
        terminal.write_line(_as_lines(facts))


@app.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            show_default=False,
            help="Names or weights files. Default: nano.",
            autocompletion=completion.models,
        ),
    ] = None,
    all_models: Annotated[
        bool, typer.Option("--all", help="Check all models on this machine.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check that the files of models are complete and undamaged.

    \b
    Examples:
      llenhance weights verify llflow-small
      llenhance weights verify --all
    """  # noqa: D301
    from llenhance.weights.about import check  # imports torch
    from llenhance.weights.local import DEFAULT_MODEL, everything

    terminal = Terminal("weights verify", json=json, quiet=quiet)
    wanted = names or [DEFAULT_MODEL]
    if all_models:
        wanted = [name for name, path in everything() if path is not None]
    rows: list[dict[str, Any]] = []
    for name in wanted:
        try:
            path = check(name)
        except LlenhanceError as error:
            terminal.fail(error)
            rows.append({"name": name, "ok": False})
        else:
            terminal.say(f"{name} is good: {path}")
            rows.append({"name": name, "ok": True})
    if json:
        terminal.document(rows)
    raise typer.Exit(terminal.exit_code)


@app.command("path")
def show_path(model: One, json: Json = False) -> None:
    """Print the path of a model's file.

    \b
    Example:
      llenhance weights path nano
    """  # noqa: D301
    from llenhance.weights.local import located

    path = located(model)
    if path is None:
        raise WeightsError("model-not-here", model, model=model)
    terminal = Terminal("weights path", json=json)
    if json:
        terminal.document(str(path))
    else:
        terminal.write_line(str(path))


@app.command()
def remove(names: Models, quiet: Quiet = False) -> None:
    """Delete models that were downloaded or imported.

    \b
    Example:
      llenhance weights remove llflow-small
    """  # noqa: D301
    from llenhance.weights.keep import remove as remove_model

    terminal = Terminal("weights remove", quiet=quiet)
    for name in names:
        try:
            freed = remove_model(name)
        except LlenhanceError as error:
            terminal.fail(error)
        else:
            terminal.say(f"{name} was removed: {freed / 1e6:.1f} MB are free again")
    raise typer.Exit(terminal.exit_code)


@app.command()
def upload(
    model: One,
    target: Annotated[
        str,
        typer.Argument(metavar="hf:OWNER/NAME", show_default=False, help="A repository of yours."),
    ],
    license: Annotated[
        str | None,
        typer.Option("--license", metavar="NAME", help="License of the weights, if not known."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Share a model on the hub: its weights file and a model card.

    \b
    Example:
      llenhance weights upload model.safetensors hf:owner/name --license Apache-2.0
    """  # noqa: D301
    from llenhance.weights.about import about, card, license_to_share  # imports torch
    from llenhance.weights.find import find
    from llenhance.weights.hub import upload as upload_file
    from llenhance.weights.hub_reference import parse

    wanted = parse(target)
    found = find(model, offline=True)
    terms = license_to_share(found, license)
    text = card(about(found), repo=wanted.repo, license=terms)
    url = upload_file(found.path, wanted, card=text)
    Terminal("weights upload", quiet=quiet).say(f"{model} -> {url}")


def names() -> set[str]:
    """Return the names of these commands."""
    entries = app.registered_commands
    return {entry.name or getattr(entry.callback, "__name__", "") for entry in entries}


def _as_row(one: Listed) -> dict[str, Any]:
    return {
        "name": one.name,
        "architecture": one.architecture,
        "description": one.description,
        "license": asdict(one.license) if one.license else None,
        "size": one.size,
        "present": one.path is not None,
        "path": str(one.path) if one.path else None,
        "default": one.default,
        "link": one.link,
    }


def _as_table(found: Sequence[Listed]) -> str:
    rows = [("name", "", "MB", "license", "")]
    for one in found:
        here = "default" if one.default else "here" if one.path else ""
        size = f"{one.size / 1e6:.1f}" if one.size else ""
        about = one.description or "imported"
        if one.path is None and one.link:
            about += f"; download it by hand from {one.link}"
        terms = one.license.name if one.license else _UNKNOWN
        rows.append((printable(one.name), here, size, terms, about))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _as_lines(facts: dict[str, Any]) -> str:
    lines = list(_flat(facts))
    widest = max(len(title) for title, _ in lines)
    return "\n".join(f"{title:{widest}}  {printable(text)}" for title, text in lines)


def _flat(facts: dict[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Yield titles and texts of facts; those inside of others have both titles."""
    for title, fact in facts.items():
        if isinstance(fact, dict):
            yield from _flat(cast("dict[str, Any]", fact), f"{within}{title}, ")
        else:
            yield within + title, _as_text(fact)


def _as_text(fact: object) -> str:
    if fact is None:
        return _UNKNOWN
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if isinstance(fact, float):
        return f"{fact:.6g}"
    if isinstance(fact, list | tuple):
        return ", ".join(map(_as_text, cast("list[object]", fact))) or "none"
    return str(fact)
