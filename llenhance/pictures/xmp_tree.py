"""Where the elements of an XMP packet stand in its bytes, as far down as lists of properties.

Only what a parser of XML tells is used, with namespaces resolved, so that prefixes may be any.
Entities and other encodings than UTF-8 are refused: nothing is ever expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_DEEPEST: Final = 3  # below rdf:RDF: a description, a property, its list
_LONGEST: Final = 2**22
"""Bytes of a packet; those of photographs have a few thousand, of the busiest editors a million."""

_TAG: Final = re.compile(rb"""<([^\s/>]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(/?)>""")
_ATTRIBUTE: Final = re.compile(rb"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")

Name = tuple[str, str]
"""Namespace and local name."""


@dataclass(slots=True, eq=False)
class Attribute:
    """An attribute; `begin` includes the white space before it."""

    name: Name
    value: str
    begin: int
    end: int


@dataclass(slots=True, eq=False)
class Element:
    """An element and its place; what lies deeper than lists is not among `children`.

    Attributes:
        name: namespace and local name.
        raw: its name as it is written, with a prefix.
        begin: of the opening tag.
        tag_end: behind the opening tag.
        is_empty: whether the opening tag is all.
        end: behind the closing tag.
        inner: begin of the first, and end of the last element inside; None if there is none.
        text: all characters that are directly inside.
    """

    name: Name
    raw: bytes
    attributes: list[Attribute]
    begin: int
    tag_end: int
    is_empty: bool
    end: int = 0
    inner: tuple[int, int] | None = None
    children: list[Element] = field(default_factory=list["Element"])
    text: str = ""


def rdf_in(packet: bytes) -> Element:
    """Return the element rdf:RDF of a packet.

    Raises:
        ValueError: it is not a packet in UTF-8 that can be understood, or declares entities.
    """
    if len(packet) > _LONGEST:
        raise ValueError("it is longer than any packet")
    return _Reading(packet).rdf


class _Reading:
    """One pass over a packet."""

    def __init__(self, packet: bytes) -> None:
        self._packet = packet
        self._open: list[Element] = []  # rdf:RDF and what is open in it, as far as it is kept
        self._deeper = 0
        self._deep: re.Match[bytes] | None = None
        self._found: Element | None = None
        self._parser = parser = expat.ParserCreate("UTF-8", " ")
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse
        parser.XmlDeclHandler = _refuse_other_encodings
        try:
            parser.Parse(packet.rstrip(b"\0"), True)
        except expat.ExpatError as reason:
            raise ValueError(str(reason)) from reason
        if self._found is None:
            raise ValueError("it holds no RDF")
        self.rdf = self._found

    def _begin(self, name: str, told: list[str]) -> None:
        if not self._open and (self._found or _split(name) != (RDF, "RDF")):
            return
        if len(self._open) > _DEEPEST:
            self._deeper += 1
            if self._deeper == 1:
                self._deep = self._tag()
            return
        tag = self._tag()
        begin = tag.start()
        written = [
            found
            for found in _ATTRIBUTE.finditer(self._packet, tag.start(2), tag.end(2))
            if found[1] != b"xmlns" and not found[1].startswith(b"xmlns:")
        ]
        attributes = [
            Attribute(_split(told[2 * n]), told[2 * n + 1], found.start(), found.end())
            for n, found in enumerate(written)
        ]
        element = Element(_split(name), tag[1], attributes, begin, tag.end(), bool(tag[3]))
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _: str) -> None:
        if not self._open:
            return
        if self._deeper:
            self._deeper -= 1
            if not self._deeper and self._deep is not None:
                tag = self._deep
                self._widen(tag.start(), tag.end() if tag[3] else self._closed())
            return
        element = self._open.pop()
        element.end = element.tag_end if element.is_empty else self._closed()
        if self._open:
            self._widen(element.begin, element.end)
        else:
            self._found = element

    def _tag(self) -> re.Match[bytes]:
        """Return the opening tag that the parser is at."""
        tag = _TAG.match(self._packet, self._parser.CurrentByteIndex)
        if tag is None:
            raise ValueError("a tag is not where it was seen")
        return tag

    def _closed(self) -> int:
        """Return the end of the closing tag that the parser is at."""
        return self._packet.index(b">", self._parser.CurrentByteIndex) + 1

    def _widen(self, begin: int, end: int) -> None:
        """Note that an element lies inside the last one that is open."""
        around = self._open[-1]
        first = around.inner[0] if around.inner else begin
        around.inner = (first, end)

    def _characters(self, text: str) -> None:
        if self._open and not self._deeper:
            self._open[-1].text += text


def _split(name: str) -> Name:
    space, _, local = name.rpartition(" ")
    return space, local


def _refuse(*_: object) -> None:
    raise ValueError("it declares what other documents mean")


def _refuse_other_encodings(_: str, encoding: str | None, __: int) -> None:
    if encoding is not None and encoding.upper() not in ("UTF-8", "US-ASCII", "ASCII"):
        raise ValueError(f"it is written in {encoding}")
