"""Results say what made them, in a way that other programs understand."""

from __future__ import annotations

import hashlib
import xml.dom.minidom
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from support.encoded import WITH_METADATA, XMP, codes, full_picture, saved, smooth_pixels
from support.photographs import photograph_file
from support.press import exiftool, needs_exiftool
from support.records import RECORD
from support.runners import Command

from llenhance import (
    Enhancer,
    Finish,
    Outcome,
    Picture,
    Request,
    Wish,
    enhance_bytes,
    read_provenance,
)
from llenhance.files import provenance
from llenhance.pictures.decode import decode, decode_all
from llenhance.pictures.encode import encode
from llenhance.pictures.provenance import (
    ENHANCED,
    Provenance,
    base_name,
    record_in,
    recorded,
    without_record,
)
from llenhance.pictures.xmp_edit import EMPTY, Packet
from llenhance.pictures.xmp_tree import RDF
from llenhance.version import __version__

IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@pytest.fixture(scope="module")
def enhancer(tiny: Path) -> Enhancer:
    return Enhancer(tiny, device="cpu", precision="fp32")


def made(
    enhancer: Enhancer, data: bytes, *, name: str = "folder/photo.jpg", request: Request
) -> Outcome:
    return enhance_bytes(data, name=name, enhancer=enhancer, request=request)


def record_of(data: bytes) -> Provenance | None:
    return record_in(decode(data, name="result").xmp)


def steps(xmp: bytes | None) -> list[dict[str, str]]:
    """Return the steps in the history."""
    assert xmp is not None
    document = xml.dom.minidom.parseString(xmp)
    [history] = document.getElementsByTagName("xmpMM:History")
    names = ("action", "softwareAgent", "parameters")
    return [
        {name: item.getAttributeNS(EVENT, name) for name in names}
        for item in history.getElementsByTagNameNS(RDF, "li")
    ]


def source_types(xmp: bytes | None) -> list[str | None]:
    assert xmp is not None
    return [one.value for one in Packet(xmp).named((IPTC, "DigitalSourceType"))]


@pytest.mark.parametrize("format", WITH_METADATA)
def test_a_result_of_any_format_with_xmp_says_what_made_it(
    format: str, enhancer: Enhancer, tiny: Path
) -> None:
    data = photograph_file()
    request = Request(wish=Wish(brightness=0.1), format=format)
    outcome = made(enhancer, data, request=request)
    assert record_of(outcome.data) == outcome.record
    assert outcome.record == Provenance(
        version=__version__,
        model=tiny.name,
        model_sha256=hashlib.sha256(tiny.read_bytes()).hexdigest(),
        brightness=0.1,
        predicted=outcome.record.predicted if outcome.record else None,
        constant=0.1,
        device="cpu",
        precision="fp32",
        format=format,
        source_name="photo.jpg",
        source_sha256=hashlib.sha256(data).hexdigest(),
    )
    xmp = decode(outcome.data, name="result").xmp
    told = {
        "action": "edited",
        "softwareAgent": f"llenhance {__version__}",
        "parameters": "model tiny.safetensors, brightness +0.1; from photo.jpg",
    }
    assert steps(xmp) == [told]
    assert source_types(xmp) == [ENHANCED]


@pytest.mark.parametrize("format", WITH_METADATA)
@pytest.mark.parametrize("depth", [8, 16])
def test_a_record_is_read_without_decoding_the_picture(
    format: str, depth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        pytest.fail("it was decoded")

    monkeypatch.setattr(provenance, "decode", fail)
    there = replace(full_picture(depth), xmp=recorded(full_picture().xmp, RECORD))
    (tmp_path / "result").write_bytes(encode(there, format=format, name="p"))
    assert read_provenance(tmp_path / "result") == RECORD


def test_the_brightness_that_the_model_predicted_is_told() -> None:
    enhancer = Enhancer(device="cpu", precision="fp32")
    wish = Wish(target_mean=0.4, finish=Finish(strength=0.9, protect=0.2))
    record = made(enhancer, photograph_file(), request=Request(wish=wish)).record
    assert record is not None
    assert record.target_mean == 0.4
    assert (record.strength, record.denoise, record.protect) == (0.9, 1.0, 0.2)
    assert "mean gray 0.4, strength 0.9, protect 0.2" in record.settings
    assert record.predicted is not None
    assert -1 < record.predicted < 1
    assert record.constant != 0


def test_the_same_input_and_settings_give_the_same_bytes(enhancer: Enhancer) -> None:
    data = photograph_file()
    first, second = (made(enhancer, data, request=Request()).data for _ in range(2))
    assert first == second


@pytest.mark.parametrize("format", ["BMP"])
def test_a_format_without_xmp_has_no_record_and_no_note(format: str, enhancer: Enhancer) -> None:
    outcome = made(enhancer, photograph_file(), request=Request(format=format))
    assert (outcome.record, outcome.notes) == (None, ())


def test_a_result_without_provenance_has_the_packet_of_the_input(enhancer: Enhancer) -> None:
    there = full_picture()
    data = encode(there, format="PNG", name="p")
    outcome = made(enhancer, data, request=Request(provenance=False))
    assert decode(outcome.data, name="p").xmp == there.xmp
    assert outcome.record is None


def test_the_packet_of_the_input_keeps_its_bytes(enhancer: Enhancer) -> None:
    there = full_picture()
    data = encode(there, format="PNG", name="p")
    xmp = decode(made(enhancer, data, request=Request()).data, name="p").xmp
    assert xmp is not None
    assert there.xmp is not None
    end = there.xmp.index(b"</rdf:RDF>")
    assert xmp.startswith(there.xmp[:end])
    assert xmp.endswith(there.xmp[end:])


def test_a_result_that_is_enhanced_again_has_two_steps_and_the_last_settings(
    enhancer: Enhancer,
) -> None:
    once = made(enhancer, photograph_file(), request=Request(wish=Wish(brightness=0.1)))
    twice = made(enhancer, once.data, name="once.jpg", request=Request(wish=Wish(brightness=0.3)))
    xmp = decode(twice.data, name="p").xmp
    assert [step["parameters"].rpartition("; ")[2] for step in steps(xmp)] == [
        "from photo.jpg",
        "from once.jpg",
    ]
    record = record_of(twice.data)
    assert record is not None
    assert record.brightness == 0.3
    assert record.source_sha256 == hashlib.sha256(once.data).hexdigest()
    assert xmp is not None
    names = [one.name for one in Packet(xmp).properties]
    assert len(names) == len(set(names))


def test_settings_of_an_earlier_run_are_not_kept_without_provenance(enhancer: Enhancer) -> None:
    once = made(enhancer, photograph_file(), request=Request())
    again = made(enhancer, once.data, request=Request(provenance=False))
    assert record_of(again.data) is None
    assert len(steps(decode(again.data, name="p").xmp)) == 1  # what happened to it did happen


def packet_with(source_type: str) -> bytes:
    return recorded(None, RECORD).replace(ENHANCED.encode(), source_type.encode())


@pytest.mark.parametrize(
    "term", ["digitalCapture", "computationalCapture", "negativeFilm", "print", "humanEdits"]
)
def test_an_honest_source_gives_way_and_stays_in_the_history(term: str) -> None:
    xmp = recorded(packet_with(TERMS + term), RECORD)
    assert source_types(xmp) == [ENHANCED]
    assert steps(xmp)[-1]["parameters"].endswith(f"; digital source type before: {term}")


@pytest.mark.parametrize(
    "value",
    [
        TERMS + "trainedAlgorithmicMedia",
        TERMS + "compositeWithTrainedAlgorithmicMedia",
        TERMS.replace("http:", "https:") + "algorithmicMedia",
        TERMS + "compositeSynthetic",
        TERMS + "virtualRecording",
        TERMS + "somethingOfTomorrow",
        ENHANCED,
    ],
)
def test_a_source_that_ours_would_hide_is_kept(value: str) -> None:
    xmp = recorded(packet_with(value), RECORD)
    assert source_types(xmp) == [value]
    assert "before" not in steps(xmp)[-1]["parameters"]


def test_a_source_that_is_told_as_an_address_is_understood() -> None:
    def told(term: str) -> bytes:
        return EMPTY.replace(
            b"\n </rdf:RDF>",
            b'<rdf:Description rdf:about="" xmlns:i="%s"><i:DigitalSourceType rdf:resource="%s"/>'
            b"</rdf:Description></rdf:RDF>" % (IPTC.encode(), (TERMS + term).encode()),
        )

    assert source_types(recorded(told("digitalCapture"), RECORD)) == [ENHANCED]
    generated = told("trainedAlgorithmicMedia")
    assert source_types(recorded(generated, RECORD)) == source_types(generated)


@pytest.mark.parametrize(
    "xmp",
    [
        XMP.decode().encode("utf-16"),
        XMP.replace(
            b'tiff:Make="Dusk"', b'xmlns:m="http://ns.adobe.com/xap/1.0/mm/" m:History="?"'
        ),
    ],
    ids=["UTF-16", "history of another kind"],
)
def test_a_packet_that_cannot_be_changed_is_kept_with_a_note(
    xmp: bytes, enhancer: Enhancer
) -> None:
    xmp = xmp.replace(b'Orientation="6"', b'Orientation="1"')
    data = encode(replace(full_picture(), xmp=xmp), format="TIFF", name="p")
    outcome = made(enhancer, data, request=Request())
    assert codes(outcome.notes) == ("record-not-added",)
    assert decode(outcome.data, name="p").xmp == xmp


def large_packet(size: int) -> bytes:
    start = recorded(None, replace(RECORD, model="")).replace(b"\n</x", b"<!--?--></x")
    return start.replace(b"?-->", b"?" * (size - len(start) + 1) + b"-->")


@pytest.mark.parametrize(("size", "fits"), [(65504 - 2000, True), (65504 - 100, False)])
def test_where_there_is_no_room_the_packet_of_the_input_stays(
    size: int, fits: bool, enhancer: Enhancer
) -> None:
    clean = without_record(large_packet(size))
    assert clean is not None
    clean = large_packet(size + size - len(clean))
    xmp = without_record(clean)
    there = Picture(pixels=full_picture().pixels, xmp=xmp)
    outcome = made(enhancer, encode(there, format="JPEG", name="p"), request=Request())
    found = decode(outcome.data, name="p").xmp
    assert found is not None
    assert codes(outcome.notes) == (() if fits else ("record-too-long",))
    assert (found == xmp) is not fits
    assert (record_in(found) is not None) is fits


@pytest.mark.parametrize(
    "name",
    ["photo.jpg", "/home/me/photo.jpg", "C:\\Users\\me\\photo.jpg", "../photo.jpg", "photo.jpg/"],
)
def test_a_record_tells_nobody_where_files_lie(name: str) -> None:
    assert base_name(name) == "photo.jpg"


@pytest.mark.parametrize("name", ["", "/", "..", "a/.."])
def test_what_is_no_name_is_unnamed(name: str) -> None:
    assert base_name(name) == "unnamed"


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b'Constant="0.0"', b'Constant="nan"'),
        (b'Constant="0.0"', b'Constant="much"'),
        (b'Fast="False"', b'Fast="maybe"'),
        (b"0" * 64, b"0" * 63),
        (b'"photo.jpg"', b'"../photo.jpg"'),
        (b'"photo.jpg"', b'".."'),
        (b'"photo.jpg"', b'"' + b"a" * 400 + b'"'),
        (b'llenhance:Model="nano"', b""),
    ],
)
def test_a_record_that_somebody_has_damaged_is_refused(written: bytes, instead: bytes) -> None:
    xmp = recorded(None, RECORD)
    assert written in xmp
    with pytest.raises(ValueError, match=r"."):
        record_in(xmp.replace(written, instead))


@pytest.mark.parametrize("xmp", [None, b"", b"?", EMPTY, XMP])
def test_other_pictures_have_no_record(xmp: bytes | None) -> None:
    assert record_in(xmp) is None


def test_the_command_leaves_the_record_out_if_asked(llenhance_: Command, folder: Path) -> None:
    assert llenhance_("dark.jpg", "-o", "with.jpg").code == 0
    assert llenhance_("dark.jpg", "-o", "without.jpg", "--no-provenance").code == 0
    assert record_of((folder / "with.jpg").read_bytes()) is not None
    assert record_of((folder / "without.jpg").read_bytes()) is None


def test_every_page_says_what_made_it(enhancer: Enhancer) -> None:
    first, *others = (Image.fromarray(smooth_pixels() // 4 + n) for n in range(3))
    data = saved(first, "TIFF", save_all=True, append_images=others)
    outcome = made(enhancer, data, request=Request())
    pages = decode_all(outcome.data, name="p")
    assert [record_in(page.xmp) is not None for page in pages] == [True] * 3
    assert outcome.record == record_in(next(iter(pages)).xmp)


@pytest.mark.parametrize("format", ["WEBP", "PNG"])
def test_an_animation_says_what_made_it(format: str, enhancer: Enhancer, tmp_path: Path) -> None:
    first, *others = (Image.fromarray(smooth_pixels() // 4 + n) for n in range(3))
    data = saved(first, format, save_all=True, append_images=others, duration=100)
    outcome = made(enhancer, data, request=Request(wish=Wish(brightness=0.1)))
    (tmp_path / "result").write_bytes(outcome.data)
    record = read_provenance(tmp_path / "result")
    assert record is not None
    assert record.brightness == 0.1


@needs_exiftool
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_exiftool_finds_no_fault_and_what_it_writes_anew_is_still_a_record(
    format: str, enhancer: Enhancer, tmp_path: Path
) -> None:
    outcome = made(enhancer, photograph_file(), request=Request(format=format))
    again = made(enhancer, outcome.data, request=Request())
    path = tmp_path / f"result.{format.lower()}"
    path.write_bytes(again.data)
    assert exiftool("-validate", "-warning", "-error", "-a", "-s3", path).split() == [b"OK"]
    assert exiftool("-XMP-xmpMM:HistoryAction", "-s3", path).strip() == b"edited, edited"
    exiftool("-q", "-overwrite_original", "-XMP-xmp:Label=Red", path)
    assert path.read_bytes() != again.data
    assert read_provenance(path) == again.record
