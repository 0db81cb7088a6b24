"""What a model is, from its file: for people who choose one, check one or share one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from llenhance.engine.cost import bytes_per_pixel
from llenhance.errors import WeightsError
from llenhance.model.llflow import multiply_adds_per_pixel
from llenhance.weights import find as models
from llenhance.weights.digest import sha256
from llenhance.weights.file import describe, load
from llenhance.weights.registry import entry

_CARD: Final = """---
license: {tag}
library_name: llenhance
pipeline_tag: image-to-image
tags:
- low-light
- normalizing-flow
---

# {name}

Weights of [LLFlow](https://arxiv.org/abs/2109.05923), a conditional normalizing flow that turns
dark photographs into well-lit ones, for [llenhance](https://pypi.org/project/llenhance/):

```sh
pip install llenhance
llenhance photo.jpg --model hf:{repo}
```

| | |
|---|---|
{rows}
"""


def about(name: str, path: Path) -> dict[str, Any]:
    """Return what there is to say of a weights file, as JSON values.

    Args:
        name: by which it was found.
        path: of the file.

    Raises:
        WeightsError: it is damaged or refused.
    """
    description = describe(path)
    network = load(path)
    architecture = description.architecture
    known = entry(name)
    return {
        "name": name,
        "path": str(path),
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "licence": known.licence if known else None,
        "architecture": asdict(architecture),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "multiply_adds_per_pixel": multiply_adds_per_pixel(architecture),
        "megabytes_per_megapixel": {
            precision: round(bytes_per_pixel(architecture, precision))
            for precision in ("fp32", "bf16")
        },
        "training": dict(description.training),
    }


def check(name: str) -> Path:
    """Read a model that is here whole, compare its sum where one is known, and return its file.

    Raises:
        WeightsError: it is not here, damaged or refused, or not the file that it claims to be.
    """
    path = models.located(name)
    if path is None:
        raise WeightsError(name, "is not here", f"Run: llenhance weights download {name}")
    if path.suffix == ".pth":
        path = models.find(name, offline=True)
    load(path)
    known = entry(name)
    if known is not None and known.source is None and known.sha256 is not None:
        found = sha256(path)
        if found != known.sha256:
            problem = f"has the SHA-256 {found} instead of {known.sha256}"
            raise WeightsError(str(path), problem, "Install llenhance again")
    return path


def card(facts: dict[str, Any], *, repo: str, licence: str) -> str:
    """Return a model card in Markdown, as the hub shows it.

    Args:
        facts: of `about`.
        repo: ``owner/name`` of the repository that it is for.
        licence: of the weights.
    """
    shown = {key: facts[key] for key in ("sha256", "parameters", "multiply_adds_per_pixel")}
    shown |= {f"architecture, {key}": value for key, value in facts["architecture"].items()}
    shown |= {f"training, {key}": value for key, value in facts["training"].items()}
    rows = "\n".join(f"| {title} | {value} |" for title, value in shown.items())
    tag = licence.lower().replace(" ", "-")
    return _CARD.format(tag=tag, name=repo.partition("/")[2], repo=repo, rows=rows)
