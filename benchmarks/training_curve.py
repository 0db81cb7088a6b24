"""Draw validation PSNR against steps, from the logs of training runs.

python benchmarks/training_curve.py LOG.jsonl [LOG.jsonl ...] -o FILE.png

Solid lines are as produced; dashed ones are scaled to the reference's mean gray, as the literature
does. A log whose validations are in groups (of pictures from one source) gets lines for each group.
Other lines of a log, and lines that a crash cut off, are skipped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from matplotlib.figure import Figure

KINDS: Final = {"psnr": ("-", "as produced"), "psnr_scaled": ("--", "scaled")}

Curves = dict[tuple[str, str], list[tuple[int, float]]]
"""Points (step, dB) by group and kind; scores outside of groups have the group ''."""


def groups(scores: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the scores, and the groups of scores among them with their names."""
    yield name, scores
    for key, value in scores.items():
        if isinstance(value, dict):
            yield from groups(cast("dict[str, Any]", value), f"{name} {key}".strip())


def curves_in(log: Path) -> Curves:
    """Return the validations of a log."""
    curves: Curves = {}
    for text in log.read_text().splitlines():
        try:
            line: Any = json.loads(text)
        except ValueError:
            continue
        if not isinstance(line, dict):
            continue
        entry = cast("dict[str, Any]", line)
        for group, scores in groups(entry.get("validation") or {}):
            for kind in KINDS:
                if isinstance(scores.get(kind), int | float):
                    curves.setdefault((group, kind), []).append((entry["step"], scores[kind]))
    return curves


def main() -> None:
    """Read the logs, and draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="+", type=Path)
    parser.add_argument("-o", dest="plot", type=Path, required=True)
    options = parser.parse_args()
    figure: Any = Figure(figsize=(6, 4), layout="constrained")  # its keywords have no types
    axes = figure.subplots()
    colors: dict[str, str] = {}
    for log in options.logs:
        run = log.parent.name or log.stem if len(options.logs) > 1 else ""
        for (group, kind), points in curves_in(log).items():
            name = f"{run} {group}".strip()
            style, said = KINDS[kind]
            color = colors.setdefault(name, f"C{len(colors)}")
            label = f"{name}, {said}" if name else said
            steps, psnr = zip(*points, strict=True)
            axes.plot(steps, psnr, style, color=color, marker=".", label=label)
            print(f"{label}: {len(points)} validations, last {psnr[-1]:.2f} dB")
    if not colors:
        parser.error("no validation in the logs")
    axes.set(xlabel="step", ylabel="validation PSNR in dB")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(options.plot, dpi=120)


if __name__ == "__main__":
    main()
