"""`llenhance weights`: list, download, import, check and share models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from llenhance.cli import completion
from llenhance.cli.models import as_lines, as_row, as_table
from llenhance.cli.obtain import obtain
from llenhance.cli.options import Json, Offline, Overwrite, Quiet
from llenhance.cli.terminal import Terminal
from llenhance.errors import LlenhanceError, UsageError, WeightsError

app: Final = typer.Typer(help="List, download, import, check and share models.")

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
def list_models(json: Json = False, quiet: Quiet = False) -> None:
    """List all known models, their licenses, and which are on this machine.

    \b
    Example:
      llenhance weights list
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    from llenhance.weights.local import listed

    terminal, found = Terminal("weights list", json=json, quiet=quiet), list(listed())
    if json:
        terminal.document([as_row(one) for one in found])
    else:
        terminal.write_rows(as_table(found))


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
    json: Json = False,
    quiet: Quiet = False,
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

    terminal = Terminal("weights import", json=json, quiet=quiet)
    if output is not None:
        target, name = output, None
        network = write_weights(source, output, overwrite=overwrite)
        made = f"{network.blocks} blocks, {network.features} features"
        terminal.say(f"{source} -> {output}  ({made})")
    else:
        name = source.stem if name is None else name
        target = add(source, name, overwrite=overwrite)
        terminal.say(f"{source} -> {target}: llenhance photo.jpg --model {name}")
    if json:
        terminal.document({"name": name, "path": str(target)})


@app.command()
def info(model: One, offline: Offline = False, json: Json = False, quiet: Quiet = False) -> None:
    """Show a model's network, license, training, and what it needs.

    \b
    Examples:
      llenhance weights info nano
      llenhance weights info model.safetensors --json
    """  # noqa: D301
    terminal = Terminal("weights info", json=json, quiet=quiet)
    found = obtain(model, terminal=terminal, offline=offline)
    from llenhance.weights.about import about  # imports torch

    facts = about(found)
    if json:
        terminal.document(facts)
    else:
        terminal.write_rows(as_lines(facts))


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
def show_path(model: One, json: Json = False, quiet: Quiet = False) -> None:
    """Print the path of a model's file.

    \b
    Example:
      llenhance weights path nano
    """  # noqa: D301
    from llenhance.weights.local import located

    path = located(model)
    if path is None:
        raise WeightsError("model-not-here", model, model=model)
    terminal = Terminal("weights path", json=json, quiet=quiet)
    if json:
        terminal.document(str(path))
    else:
        terminal.write_line(str(path))


@app.command()
def remove(names: Models, json: Json = False, quiet: Quiet = False) -> None:
    """Delete models that were downloaded or imported.

    \b
    Example:
      llenhance weights remove llflow-small
    """  # noqa: D301
    from llenhance.weights.keep import remove as remove_model

    terminal = Terminal("weights remove", json=json, quiet=quiet)
    rows: list[dict[str, Any]] = []
    for name in names:
        try:
            freed = remove_model(name)
        except LlenhanceError as error:
            terminal.fail(error)
            rows.append({"name": name, "freed": None})
        else:
            terminal.say(f"{name} was removed: {freed / 1e6:.1f} MB are free again")
            rows.append({"name": name, "freed": freed})
    if json:
        terminal.document(rows)
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
    json: Json = False,
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
    terminal = Terminal("weights upload", json=json, quiet=quiet)
    terminal.say(f"{model} -> {url}")
    if json:
        terminal.document({"model": model, "url": url})
