"""Models as people and programs read them: what `weights list` and `weights info` print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, cast

from llenhance.cli.terminal import printable

if TYPE_CHECKING:
    from llenhance.weights.local import Listed

_UNKNOWN: Final = "unknown"


def as_row(one: Listed) -> dict[str, Any]:
    """Return a known model as JSON values."""
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


def as_table(found: Sequence[Listed]) -> str:
    """Return aligned columns, a line for each known model."""
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


def as_lines(facts: dict[str, Any]) -> str:
    """Return a line for each fact about a model, those inside of others too."""
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
