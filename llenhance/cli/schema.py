"""`llenhance schema`: what programs can rely on in the JSON of all commands."""

from __future__ import annotations

import json

from llenhance.cli.terminal import Terminal


def schema() -> None:
    """Print the JSON Schema of what all commands print with --json.

    \b
    Example:
      llenhance schema > llenhance.schema.json
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    from llenhance.cli.shapes.document import json_schema

    Terminal("schema").write_line(json.dumps(json_schema(), indent=1))
