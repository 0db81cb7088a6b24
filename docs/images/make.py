"""Make the picture of the README: an example photograph beside what llenhance makes of it.

Run from the root of the repository: python docs/images/make.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from llenhance import Enhancer

ROOT = Path(__file__).parents[2]
GAP = 8  # pixels


def main() -> None:
    """Write docs/images/before-after.jpg."""
    with Image.open(ROOT / "examples" / "coffee.jpg") as file:
        before = file.convert("RGB")
    after = Enhancer().enhance(before)
    both = Image.new("RGB", (2 * before.width + GAP, before.height), "white")
    both.paste(before, (0, 0))
    both.paste(after, (before.width + GAP, 0))
    both.save(ROOT / "docs" / "images" / "before-after.jpg", quality=90)


if __name__ == "__main__":
    main()
