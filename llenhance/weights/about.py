"""What a weights file holds, for people who choose a model, check one or share one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from llenhance.engine.cost import bytes_per_pixel
from llenhance.errors import UsageError, WeightsError
from llenhance.model.llflow import multiply_adds_per_pixel
from llenhance.weights.digest import sha256
from llenhance.weights.file import describe, load
from llenhance.weights.find import FoundModel, find
from llenhance.weights.license import License
from llenhance.weights.local import is_shipped, located
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

{license}

| | |
|---|---|
{rows}
"""


def about(model: FoundModel) -> dict[str, Any]:
    """Return what there is to know of a model, as JSON values.

    Raises:
        WeightsError: its file is damaged or refused.
    """
    description = describe(model.path)
    network = load(model.path)
    architecture = description.architecture
    return {
        "name": model.name,
        "path": str(model.path),
        "bytes": model.path.stat().st_size,
        "sha256": sha256(model.path),
        "license": asdict(model.license) if model.license else None,
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
    """Load a model that is on this machine, compare its SHA-256 if known, and return its file.

    Raises:
        WeightsError: it is not here, is damaged or refused, or is not the file that it should be.
        UsageError: ``hf:`` and something that is not a file of a hub.
    """
    if located(name) is None:
        raise WeightsError("model-not-here", name, model=name)
    path = find(name, offline=True).path
    load(path)
    known = entry(name)
    if known is not None and known.sha256 is not None and is_shipped(path):
        found = sha256(path)
        if found != known.sha256:
            raise WeightsError("shipped-damaged", str(path), found=found, expected=known.sha256)
    return path


def license_to_share(model: FoundModel, given: str | None) -> License:
    """Return the license for a model card.

    Args:
        model: what is shared.
        given: the license that its owner names, None for the one that is known.

    Raises:
        UsageError: none is known or given, or the model has another one.
    """
    if given is None:
        if model.license is None:
            raise UsageError("license-unknown", model.name)
        return model.license
    named = License.named(given)
    if model.license is not None and named != model.license:
        raise UsageError(
            "license-contradicted", model.name, license=model.license.name, given=given
        )
    return named


def card(facts: dict[str, Any], *, repo: str, license: License) -> str:
    """Return a model card in Markdown, as the hub shows it.

    Args:
        facts: as `about` returns them.
        repo: ``owner/name`` of the repository that it is for.
        license: of the weights.
    """
    shown = {key: facts[key] for key in ("sha256", "parameters", "multiply_adds_per_pixel")}
    shown |= {f"architecture, {key}": value for key, value in facts["architecture"].items()}
    shown |= {f"training, {key}": value for key, value in facts["training"].items()}
    title = f"[{license.name}]({license.url})" if license.url else license.name
    summary = f": {license.summary}" if license.summary else ""
    return _CARD.format(
        tag=license.tag,
        name=repo.partition("/")[2],
        repo=repo,
        license=f"License of the weights: {title}{summary}.",
        rows="\n".join(f"| {title} | {value} |" for title, value in shown.items()),
    )
