"""What became of the pictures of a batch, as sentences for people and documents for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from llenhance.cli.advice import remedy, sentence
from llenhance.cli.documents import told
from llenhance.cli.routine import OF_SETS, Routine
from llenhance.cli.terminal import Terminal, amount, duration

if TYPE_CHECKING:
    from llenhance.jobs.results import Result
    from llenhance.messages.note import Note


def report(result: Result, terminal: Terminal, routine: Routine, *, alone: bool = True) -> None:
    """Write what is to go to standard output, and say what became of one input.

    Args:
        result: What became of it.
        terminal: Where it is said.
        routine: Has been told of the inputs before; at the end, `say_rest` is to follow.
        alone: Whether it was named itself. What was found in a folder and needs no words gets none,
            unless people want to know more.
    """
    if result.error:
        terminal.exit_code = max(terminal.exit_code, result.error.exit_code)
    if result.data is not None:
        terminal.write(result.data)
    if terminal.json:
        _document(result, terminal)
        return
    if result.error:
        error = result.error
        if error.code in OF_SETS:  # not about this picture, but about all of them
            error = error.about("the pictures" if result.folder is None else str(result.folder))
        if routine.tells_failure(error):
            terminal.error(sentence(error, command=terminal.command))
        return
    notes = [note for note in result.notes if routine.tells(note)]
    if not (alone or terminal.verbose or notes or result.estimate):
        return
    if result.width is None and result.status in ("copied", "planned"):
        terminal.say(f"{_title(result.input)} -> {result.output}  (copied)")
    elif result.status == "done-before":
        terminal.say(f"{_title(result.input)} -> {result.output}  (done before)")
    elif result.status == "left":
        copied = "" if result.output in (None, "-") else f" -> {result.output}"
        terminal.say(f"{_title(result.input)}{copied}  ({_as_it_is(result)})")
        for note in notes:
            terminal.say(f"  {note}")
    elif result.status == "skipped" and result.output is not None:
        terminal.say(f"{_title(result.input)}: skipped, since {result.output} exists")
    elif result.output is None:
        for note in notes:
            terminal.note(note, about=_title(result.input))
    else:
        for line in _sentences(result, terminal, notes):
            terminal.say(line)


def say_rest(routine: Routine, terminal: Terminal) -> None:
    """Say for how many more files each routine note holds that was told once."""
    for line in routine.rest():
        terminal.say(line)


def _document(result: Result, terminal: Terminal) -> None:
    command, about = terminal.command, _title(result.input)
    messages = terminal.take_told()  # what concerns all pictures goes with the next one
    messages += [told(note, command=command, about=about) for note in result.notes]
    if result.error:
        messages.append(told(result.error, command=command))
    terminal.document(
        _figures(result),
        messages=messages,
        status="planned" if result.estimate else None,
        exit_code=result.error.exit_code if result.error else 0,
        lines=True,
    )


def _figures(result: Result) -> dict[str, Any]:
    estimate = result.estimate
    return {
        "input": result.input,
        "output": result.output,
        "status": result.status,
        "format": result.format,
        "width": result.width,
        "height": result.height,
        "pictures": result.pictures,
        "seconds": round(result.seconds, 3),
        "estimate": estimate
        and {"seconds": round(estimate.seconds, 2), "memory": round(estimate.memory)},
        "space": _space(result),
        "tiles": result.tiles,
        "model": result.model,
        "device": result.device,
        "precision": result.precision,
        "fast": result.fast,
        "brightness": _rounded(result.brightness),
        "mean_gray": _rounded(result.mean_grey),
        "confidence": result.maps
        and {
            "map": str(result.maps.map),
            "heat_map": str(result.maps.heat),
            "spread": _rounded(result.maps.spread),
        },
    }


def _space(result: Result) -> dict[str, Any] | None:
    if not result.space:
        return None
    return {"size": sum(one.size for one in result.space), "free": result.space[0].free}


def _sentences(result: Result, terminal: Terminal, notes: Iterable[Note]) -> Iterator[str]:
    """Yield what is worth saying about a picture that was enhanced."""
    source, target = _title(result.input), result.output
    target = "standard output" if target == "-" else target
    size = f"{result.width}x{result.height}"
    size += f", {result.pictures} pictures" if result.pictures > 1 else ""
    if result.estimate:
        seconds = result.estimate.seconds
        memory = f"{result.estimate.memory / 1e9:.1f} GB of memory"
        file = amount(sum(one.size for one in result.space))
        takes = f"about {duration(seconds)}, {memory}, and {file} as a file"
        yield f"{source} -> {target}  ({size}, would take {takes})"
    else:
        yield f"{source} -> {target}  ({size}, {result.seconds:.1f} s)"
    if result.maps:
        spread = result.maps.spread
        error = "" if spread is None else f"  (expected error {255 * spread:.0f} levels of 255)"
        yield f"  confidence -> {result.maps.map}, {result.maps.heat}{error}"
    for note in notes:
        advice = remedy(note, command=terminal.command)
        yield f"  {note}" + (f". {advice}" if advice else "")
    if terminal.verbose and not result.estimate:
        tiles = "1 tile" if result.tiles == 1 else f"{result.tiles} tiles"
        network = f"{result.enhancing_seconds:.2f} s of {result.seconds:.2f} s"
        yield f"  model {result.model} on {result.device}, {result.precision}, {tiles}: {network}"
        if result.brightness is not None:  # not of a sheet, which shows those of its panels
            yield f"  brightness {result.brightness:.3f}, mean gray {result.mean_grey:.3f}"


def _as_it_is(result: Result) -> str:
    return f"left as it is: well lit, mean gray {result.mean_grey:.2f}"


def _title(name: str) -> str:
    return "standard input" if name == "-" else name


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
