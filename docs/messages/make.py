"""Write docs/messages/README.md: every message by its code.

Run from the root of the repository: python docs/messages/make.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from llenhance.cli.advice import advised_remedies
from llenhance.messages import MESSAGES

PAGE = Path(__file__).with_name("README.md")

HEAD = """# Messages

Every error and note has a code, which does not change between versions: programs can rely on
it. In JSON it is `code`, beside `facts` (what stands in braces here), `text` and `remedy`; in
Python it is `error.code` or `note.code`. The last column is what the command says to do where it
can say more than Python can. The words are in `llenhance/messages/` and `llenhance/cli/advice.py`;
`make.py` writes this page.

| code | kind | words | what to do | in the command |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the page as Markdown."""
    return HEAD + "\n".join(_rows()) + "\n"


def _rows() -> Iterator[str]:
    for code in sorted(MESSAGES):
        message = MESSAGES[code]
        advice = "; ".join(
            f"`{command}`: {remedy}" if command else remedy
            for command, remedy in advised_remedies(code).items()
        )
        cells = (f"`{code}`", message.severity, message.problem, message.remedy, advice)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
