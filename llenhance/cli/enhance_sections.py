"""The options of `llenhance enhance` by what they are about, as its help shows them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, Final

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "How the result looks": (
        *("brightness", "exposure", "target_mean", "match"),
        *("strength", "denoise", "protect", "consistent", "replay", "preset"),
    ),
    "Several results, and how sure they are": (
        *("variants", "pick", "sheet", "series", "temperature", "seed", "confidence"),
    ),
    "Where results go": (
        *("output", "suffix", "name_template", "overwrite", "skip_existing", "copy_others"),
    ),
    "What results are": (*("format", "quality", "metadata", "no_provenance", "preserve_time"),),
    "Which pictures": (
        *("recursive", "files_from", "files0_from", "only_if_dark", "dark_below"),
        *("watch", "poll", "max_megapixels"),
    ),
    "What you see": (
        *("dry_run", "preview", "report", "errors", "json", "quiet", "verbose", "help"),
    ),
    "Model and machine": (
        *("model", "fast", "device", "precision", "tile", "jobs", "threads", "cluster"),
        *("fail_fast", "offline", "no_config"),
    ),
}
"""Names of parameters by the title of their section; each is in one."""


def write_sections(command: Any, context: Any, formatter: Any) -> None:
    """Write the arguments of the command, and its options in sections.

    Args:
        command: `llenhance enhance`; Typer has no public names for these classes.
        context: Its context.
        formatter: Takes the lines of the help.
    """
    written: dict[str, Any] = {
        one.name: record
        for one in command.get_params(context)
        if (record := one.get_help_record(context))
    }
    arguments = [name for name in written if name not in {*chain(*SECTIONS.values())}]
    for title, names in {"Arguments": arguments, **SECTIONS}.items():
        with formatter.section(title):
            formatter.write_dl([written[name] for name in names if name in written])
