"""What results are called: `photo_enhanced.jpg`, or what people want instead.

A template such as `{parent}/{stem}_{model}{ext}` names a result within the folder that results go
to. `{parent}` is the folder of the picture within a folder that was named, and else nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from string import Formatter
from typing import Final

from llenhance.errors import PictureError, UsageError

ENHANCED: Final = "_enhanced"
"""What the name of a result has that the name of its source, beside it, has not."""

FIELDS: Final = ("stem", "parent", "ext", "model", "brightness", "counter", "variant")
"""What a template may have in braces."""

_LOOKS: Final = {
    "stem": "[^/]+", "parent": ".*", "ext": r"\.[^./]+", "counter": r"\d+", "variant": "[^/]*",
}  # fmt: skip
"""Patterns of what fields are filled with, where that differs between pictures."""

_SEPARATORS: Final = ("/", "\\")


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What results are called.

    Attributes:
        suffix: What follows the stem of the picture; None is `_enhanced` where a result lies
            beside its picture, and nothing elsewhere.
        template: Names results instead; None is the stem and the suffix.
        model: The model that makes them, as it was named.
        brightness: The constant that is added to the predicted one; None if each picture has one.
        parts: What each picture has in place of one result, such as `v1` and `v2`; with `_`, it
            follows the suffix.

    Raises:
        UsageError: The suffix has a separator of folders in it; the template has one without a
            name, an unknown field, a folder outside of that of the results, or no `{ext}` at its
            end; or there are both.
    """

    suffix: str | None = None
    template: str | None = None
    model: str = ""
    brightness: float | None = 0.0
    parts: tuple[str, ...] = ()
    _parts: tuple[tuple[str, str | None, str], ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        if self.suffix is not None and any(mark in self.suffix for mark in (*_SEPARATORS, "\0")):
            raise UsageError("suffix-no-name", self.suffix)
        if self.template is None:
            return
        if self.suffix is not None:
            raise UsageError("template-beside-suffix", self.template)
        parts = _parsed(self.template)
        if self.brightness is None and "brightness" in {name for _, name, _ in parts}:
            raise UsageError("template-brightness-unknown", self.template)
        if len(self.parts) > 1 and "variant" not in {name for _, name, _ in parts}:
            raise UsageError("template-without-variant", self.template)
        object.__setattr__(self, "_parts", parts)

    @property
    def is_usual(self) -> bool:
        """Whether nobody has said what results are to be called."""
        return self.suffix is None and self.template is None

    @property
    def of_folder(self) -> str:
        """What follows the name of a folder in that of the folder of its results."""
        return ENHANCED if self.suffix is None else self.suffix

    @property
    def marks(self) -> tuple[str, ...]:
        """What the stem of a result ends with, and that of its picture does not."""
        if self.parts and self.template is None:
            each = (f"{self.suffix or ''}_{part}" for part in self.parts)
            return (*each, ENHANCED)
        own = self._end_of_stem() if self.template is not None else self.suffix
        return tuple(dict.fromkeys((own, ENHANCED))) if own else (ENHANCED,)

    @property
    def counts(self) -> bool:
        """Whether results have numbers in their names."""
        return "counter" in {name for _, name, _ in self._parts}

    def pattern(self) -> re.Pattern[str] | None:
        """Return what the paths of results end with, in groups that are named like the fields.

        None if there is no template. Folders have `/` between them.
        """
        if self.template is None:
            return None
        known = {name: re.escape(value) for name, value in self._values().items()}
        looks, found, seen = _LOOKS | known, "", set[str]()
        for text, name, _ in self._parts:
            found += re.escape(text)
            if name is not None:
                found += f"(?{':' if name in seen else f'P<{name}>'}{looks[name]})"
                seen.add(name)
        return re.compile(f"(?:^|/){found}$")

    def path(
        self,
        source: Path,
        ending: str,
        *,
        folder: Path,
        root: Path | None,
        number: int,
        part: str = "",
    ) -> Path:
        """Return the file of a result.

        Args:
            source: The picture.
            ending: The extension of the result, with its dot.
            folder: Where its result goes without a template.
            root: The folder that the whole run's results go to, if it is another.
            number: Of the picture in its run, from 1.
            part: Which of its results; nothing if there is one.

        Raises:
            PictureError: The template gives no name for this picture.
        """
        if self.template is None:
            beside = root is None and folder == source.parent
            usual = ENHANCED if beside and not part else ""
            suffix = (usual if self.suffix is None else self.suffix) + (f"_{part}" if part else "")
            return folder / f"{source.stem}{suffix}{ending}"
        within = PurePath() if root is None else folder.relative_to(root)
        values = self._values() | {
            "stem": source.stem,
            "parent": within.as_posix() if within.parts else "",
            "ext": ending,
            "counter": str(number),
            "variant": part,
        }
        text = "".join(_filled(one, values) for one in self._parts)
        names = [name for name in text.split("/") if name]  # `{parent}/` may be nothing at all
        if any(name in (".", "..") for name in names) or names[-1] == ending:
            raise PictureError("template-gives-no-name", text, source=str(source))
        return (folder if root is None else root).joinpath(*names)

    def _values(self) -> dict[str, str]:
        shown = "" if self.brightness is None else f"{self.brightness:g}"
        return {"model": _as_name(self.model), "brightness": shown}

    def _end_of_stem(self) -> str | None:
        """Return what is always between the stem and the extension, if the template tells."""
        names = [name for _, name, _ in self._parts]
        if "stem" not in names:
            return None
        place = names.index("stem")
        before = self._parts[place][0]
        if before[-1:] != "/" and (before or place):
            return None
        changing = dict.fromkeys(("stem", "parent", "counter", "ext", "variant"), "/")
        after = (_filled(part, self._values() | changing) for part in self._parts[place + 1 : -1])
        end = "".join(after) + self._parts[-1][0]
        return None if "/" in end else end


def _parsed(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """Return a template as texts, each with the field that follows and how that is written."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as reason:
        raise UsageError("template-braces", template) from reason
    parts: list[tuple[str, str | None, str]] = []
    for text, name, form, conversion in parsed:
        if name is not None and (name not in FIELDS or conversion or not _is_form(name, form)):
            known = ", ".join(f"{{{one}}}" for one in FIELDS)
            wrong = f"{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}"
            raise UsageError("template-field-unknown", template, field=f"{{{wrong}}}", known=known)
        parts.append((text, name, form or ""))
    whole = "".join(text + ("" if name is None else "x") for text, name, _ in parts)
    if whole.startswith(_SEPARATORS) or PurePath(whole).drive or "\0" in whole:
        raise UsageError("template-not-within", template)
    if ".." in whole.replace("\\", "/").split("/"):
        raise UsageError("template-not-within", template)
    if not parts or parts[-1][1] != "ext":
        raise UsageError("template-without-extension", template)
    return tuple(parts)


def _is_form(name: str, form: str | None) -> bool:
    """Tell whether a field can be written so: a counter can have zeros in front."""
    return not form or (name == "counter" and form.isdecimal() and int(form) <= 20)


def _filled(part: tuple[str, str | None, str], values: Mapping[str, str]) -> str:
    text, name, form = part
    value = values[name] if name else ""
    return text + (value.zfill(int(form)) if form else value)


def _as_name(model: str) -> str:
    """Return the name of a model as a part of a name: `hf:owner/name` has marks of folders."""
    is_file = model.lower().endswith((".safetensors", ".pth"))
    name = PurePath(model).stem if is_file else model
    return "".join("-" if mark in '/\\:@<>|?*"' else mark for mark in name)


USUAL_NAMING: Final = Naming()
