"""XMP packets as lists of properties, and changes to them that leave all other bytes alone.

What programs put into a packet is more than what any library that writes one knows. So a packet is
never written anew: it is cut and filled where its properties begin and end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from llenhance.pictures.xmp_tree import RDF, Attribute, Element, Name, rdf_in

EMPTY: Final = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
"""A packet without properties."""

_LISTS: Final = {(RDF, "Seq"), (RDF, "Bag"), (RDF, "Alt")}
_PADDING: Final = re.compile(rb"\s+(?=<\?xpacket\s+end\b)")
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_ITSELF: Final = "http://www.w3.org/XML/1998/namespace"

Edit = tuple[int, int, bytes]
"""Begin and end of what is replaced, and by what."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Property:
    """A property of the picture.

    Attributes:
        name: namespace and local name.
        value: of a simple property; None if it is a list or a structure.
        place: where it stands.
        list: its list, if it is one.
    """

    name: Name
    value: str | None
    place: Element | Attribute
    list: Element | None = None


class Packet:
    """A packet that was parsed.

    Args:
        data: as a file has it, in UTF-8.

    Attributes:
        properties: of the picture, in their order.

    Raises:
        ValueError: it is not a packet in UTF-8 that can be understood, or declares entities.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._rdf = rdf_in(data)
        self._of = [(node, list(_properties(node))) for node in self._rdf.children]
        self.properties = [one for _, inside in self._of for one in inside]

    def named(self, name: Name) -> list[Property]:
        """Return the properties of a name."""
        return [one for one in self.properties if one.name == name]

    def edited(
        self,
        *,
        without: Collection[Property] = (),
        items: Mapping[Property, bytes] | None = None,
        added: Collection[bytes] = (),
    ) -> bytes:
        """Return the packet with other properties. White space before its end is used up.

        Args:
            without: properties that are left out.
            items: for properties with a list, what becomes its last item: an element that begins
                with ``<rdf:``.
            added: descriptions that are added, without their beginning ``<rdf:Description
                rdf:about="..."``.
        """
        edits: list[Edit] = []
        for node, inside in self._of:
            left_out = [one for one in inside if one in without]
            if left_out and len(left_out) == len(inside):
                edits.append(self._cut(node.begin, node.end))
            else:
                edits += [self._cut(one.place.begin, one.place.end) for one in left_out]
        for one, item in (items or {}).items():
            if one.list is None:
                raise ValueError("it is no list")
            edits.append(self._put(one.list, _declared(item, one.list), b"\n     "))
        if added:
            about = self._about()
            nodes = [b"<rdf:Description rdf:about=" + about + rest for rest in added]
            known = [_declared(node, self._rdf) for node in nodes]
            edits.append(self._put(self._rdf, (between := b"\n  ").join(known), between))
        data = self._data
        for begin, end, content in sorted(edits, key=lambda edit: edit[:2], reverse=True):
            data = data[:begin] + content + data[end:]
        return _fitted(data, len(self._data))

    def _about(self) -> bytes:
        """Return what a packet calls the picture: all descriptions have to say the same."""
        for node in self._rdf.children:
            for one in node.attributes:
                if one.name in ((RDF, "about"), ("", "about")):
                    return quoted(one.value)
        return b'""'

    def _cut(self, begin: int, end: int) -> Edit:
        """Return what removes something, and white space before it."""
        return len(self._data[:begin].rstrip()), end, b""

    def _put(self, around: Element, content: bytes, indent: bytes) -> Edit:
        """Return what puts content behind all that is in an element, indented as that is."""
        if around.is_empty:
            opened = self._data[around.begin : around.tag_end].removesuffix(b"/>").rstrip()
            whole = opened + b">" + indent + content + b"</" + around.raw + b">"
            return around.begin, around.end, whole
        if around.inner is None:
            return around.tag_end, around.tag_end, indent + content
        first, last = around.inner
        space = self._data[len(self._data[:first].rstrip()) : first]
        return last, last, space + content


def quoted(text: str) -> bytes:
    """Return text as the value of an attribute, in quotes; what XML cannot hold becomes '?'."""
    return quoteattr(_NO_XML.sub("?", text)).encode()


def _properties(node: Element) -> Iterator[Property]:
    for one in node.attributes:
        if one.name[0] not in ("", RDF, _XML_ITSELF):
            yield Property(name=one.name, value=one.value, place=one)
    for child in node.children:
        lists = [inner for inner in child.children if inner.name in _LISTS]
        yield Property(
            name=child.name,
            value=_simple_value(child),
            place=child,
            list=lists[0] if len(lists) == 1 else None,
        )


def _simple_value(element: Element) -> str | None:
    """Return the text of a property, or the address that it points to; None if it is neither."""
    others = [one for one in element.attributes if one.name != (_XML_ITSELF, "lang")]
    if element.inner is not None:
        return None
    if not others:
        return element.text.strip()
    points = len(others) == 1 and others[0].name == (RDF, "resource") and not element.text.strip()
    return others[0].value if points else None


def _declared(content: bytes, around: Element) -> bytes:
    """Return an element that begins with ``<rdf:``, with this prefix declared if it may not be."""
    if around.raw.startswith(b"rdf:"):  # it means RDF there
        return content
    name = content.split(maxsplit=1)[0]
    return name + b" xmlns:rdf=" + quoted(RDF) + content[len(name) :]


def _fitted(data: bytes, size: int) -> bytes:
    """Return a packet of its old size again, as far as there is white space before its end."""
    padding = _PADDING.search(data)
    if padding is None or len(data) <= size:
        return data
    used = min(len(data) - size, padding.end() - padding.start() - 1)
    return data[: padding.start() + 1] + data[padding.start() + 1 + used :]
