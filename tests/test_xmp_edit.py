"""XMP packets are cut and filled at the right places, and keep all other bytes."""

from __future__ import annotations

import xml.dom.minidom
from xml.dom.minidom import Element

import pytest
from hypothesis import given
from hypothesis.strategies import characters, integers, text

from llenhance.pictures.xmp_edit import EMPTY, Packet, quoted
from llenhance.pictures.xmp_tree import RDF

MM = "http://ns.adobe.com/xap/1.0/mm/"
HISTORY = (MM, "History")
OURS = b' xmlns:own="own:" own:is="here"/>'
ITEM = b'<rdf:li xmlns:own="own:" own:step="last"/>'


def packet(body: bytes, *, rdf: bytes = b"rdf", padding: bytes = b"") -> bytes:
    name = rdf + b":" if rdf else b""
    declared = b"xmlns:" + rdf if rdf else b"xmlns"
    return (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="A > B">\n <%sRDF %s="%s">%s</%sRDF>\n'
        b'</x:xmpmeta>\n%s<?xpacket end="w"?>' % (name, declared, RDF.encode(), body, name, padding)
    )


ALL_KINDS = packet(
    b"""
  <rdf:Description rdf:about="uuid:A&amp;B" xmlns:m="%s" xmlns:dc="dc:"
    m:attribute = 'one > two' dc:format="image/jpeg">
   <m:element>text &lt; text</m:element>
   <m:lang xml:lang="en">words</m:lang>
   <m:points rdf:resource="http://there"/>
   <m:History><rdf:Seq><rdf:li>first</rdf:li><rdf:li m:a="/>"/></rdf:Seq></m:History>
   <m:deep rdf:parseType="Resource"><m:attribute>inner</m:attribute></m:deep>
   <m:empty/>
  </rdf:Description>
 """
    % MM.encode()
)


def test_properties_are_found_however_they_are_written() -> None:
    found = {one.name[1]: one.value for one in Packet(ALL_KINDS).properties}
    assert found == {
        "attribute": "one > two",
        "format": "image/jpeg",
        "element": "text < text",
        "lang": "words",
        "points": "http://there",
        "History": None,
        "deep": None,
        "empty": "",
    }


def items(data: bytes) -> list[Element]:
    """Return the items of all lists, in their order."""
    return list(xml.dom.minidom.parseString(data.rstrip(b"\0")).getElementsByTagNameNS(RDF, "li"))


@pytest.mark.parametrize("name", ["attribute", "element", "lang", "points", "History", "empty"])
def test_what_is_left_out_leaves_all_other_bytes(name: str) -> None:
    parsed = Packet(ALL_KINDS)
    [one] = parsed.named((MM, name))
    less = parsed.edited(without=[one])
    begin, end = one.place.begin, one.place.end
    assert less == ALL_KINDS[:begin].rstrip() + ALL_KINDS[end:]
    kept = [other.name for other in parsed.properties if other is not one]
    assert [other.name for other in Packet(less).properties] == kept


LISTS = {
    "two": b"<rdf:Seq><rdf:li>a</rdf:li>\n <rdf:li>b</rdf:li>\n </rdf:Seq>",
    "empty items": b"<rdf:Seq><rdf:li rdf:resource='a>b'/><rdf:li/></rdf:Seq>",
    "deep": b"<rdf:Bag><rdf:li><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></rdf:li></rdf:Bag>",
    "none": b"<rdf:Seq></rdf:Seq>",
    "empty tag": b"<rdf:Seq />",
    "comment": b"<rdf:Seq><!-- </rdf:Seq> --></rdf:Seq>",
}


@pytest.mark.parametrize("written", LISTS.values(), ids=LISTS.keys())
def test_an_item_is_added_behind_the_last_one(written: bytes) -> None:
    before = packet(
        b'<rdf:Description rdf:about="" xmlns:xmpMM="%s"><xmpMM:History>%s</xmpMM:History>'
        b"</rdf:Description>" % (MM.encode(), written)
    )
    parsed = Packet(before)
    [history] = parsed.named(HISTORY)
    after = parsed.edited(items={history: ITEM})
    assert len(items(after)) == len(items(before)) + 1
    last = items(after)[-1]
    assert last.getAttributeNS("own:", "step") == "last"
    assert last.parentNode is not None
    assert last.parentNode.parentNode is not None
    assert last.parentNode.parentNode.nodeName == "xmpMM:History"


def nodes(data: bytes) -> list[Element]:
    found = xml.dom.minidom.parseString(data).getElementsByTagNameNS(RDF, "Description")
    return [node for node in found if node.parentNode and node.parentNode.localName == "RDF"]


@pytest.mark.parametrize("rdf", [b"rdf", b"r", b""], ids=["usual", "other", "none"])
@pytest.mark.parametrize("body", [b"", b"\n "], ids=["empty", "space"])
def test_a_description_is_added_whatever_the_prefixes(body: bytes, rdf: bytes) -> None:
    [node] = nodes(Packet(packet(body, rdf=rdf)).edited(added=[OURS]))
    assert node.getAttributeNS("own:", "is") == "here"
    assert node.getAttributeNS(RDF, "about") == ""


def test_a_description_is_added_to_an_empty_element() -> None:
    [node] = nodes(Packet(b'<rdf:RDF xmlns:rdf="%s" />' % RDF.encode()).edited(added=[OURS]))
    assert node.getAttributeNS("own:", "is") == "here"


def test_all_descriptions_are_of_the_same_thing() -> None:
    first, second = nodes(Packet(ALL_KINDS).edited(added=[OURS]))
    assert second.getAttributeNS(RDF, "about") == first.getAttributeNS(RDF, "about") == "uuid:A&B"


def test_a_description_that_has_nothing_left_goes() -> None:
    with_ours = Packet(ALL_KINDS).edited(added=[OURS])
    parsed = Packet(with_ours)
    assert parsed.edited(without=parsed.named(("own:", "is"))) == ALL_KINDS


@pytest.mark.parametrize("room", [0, 1, 20, 200, 4000])
def test_padding_is_used_up_before_a_packet_grows(room: int) -> None:
    before = packet(b"", padding=b" " * room)
    after = Packet(before).edited(added=[OURS])
    grown = len(Packet(packet(b"")).edited(added=[OURS])) - len(packet(b""))
    assert len(after) == len(before) + max(0, grown - room)
    assert after.endswith(b'<?xpacket end="w"?>')
    assert len(nodes(after)) == 1


BOMB = b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
NOT_PACKETS = {
    "entities": EMPTY.replace(b"?>\n<x", b"?>\n" + BOMB + b"<x", 1),
    "outer document": EMPTY.replace(b"?>\n<x", b'?>\n<!DOCTYPE x SYSTEM "file:///x"><x', 1),
    "UTF-16": EMPTY.decode().encode("utf-16"),
    "UTF-16 without mark": EMPTY.decode().removeprefix("\ufeff").encode("utf-16-be"),
    "Latin-1": b'<?xml version="1.0" encoding="iso-8859-1"?>' + EMPTY[EMPTY.index(b"<x:") :],
    "not UTF-8": EMPTY.replace(b"\n <rdf", b"\n\xff <rdf"),
    "cut off": EMPTY[:150],
    "nothing": b"",
    "no RDF": b"<x/>",
    "unknown prefix": b"<rdf:RDF/>",
    "endless": EMPTY.replace(b"\n </rdf", b"\n" + b" " * 2**22 + b"</rdf"),
}


@pytest.mark.parametrize("data", NOT_PACKETS.values(), ids=NOT_PACKETS.keys())
def test_what_is_no_packet_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Packet(data)


def test_zeros_behind_a_packet_stay() -> None:
    assert Packet(EMPTY + b"\0\0").edited(added=[OURS]).endswith(b"?>\0\0")


def test_tens_of_thousands_of_items_are_read() -> None:
    many = b"<rdf:li><a/></rdf:li>" * 30_000
    parsed = Packet(
        packet(
            b'<rdf:Description xmlns:m="%s"><m:History><rdf:Seq>%s</rdf:Seq></m:History>'
            b"</rdf:Description>" % (MM.encode(), many)
        )
    )
    [history] = parsed.named(HISTORY)
    assert parsed.edited(items={history: ITEM}).count(b"<rdf:li") == 30_001


@given(text(characters(codec="utf-8")) | text(integers(0, 0x10FFFF).map(chr)))
def test_any_text_can_be_a_value(value: str) -> None:
    element = xml.dom.minidom.parseString(b"<a b=" + quoted(value) + b"/>").documentElement
    assert element is not None
    found = element.getAttribute("b")
    assert [one for one, other in zip(found, value, strict=True) if one not in (other, "?")] == []
