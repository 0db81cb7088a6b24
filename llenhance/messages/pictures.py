"""Messages of `pictures/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message, note, warning

_DAMAGED: Final = "Copy the file again from where it came from, or save it again in another program"
_CONVERT: Final = "Convert it to JPEG, PNG or TIFF first"
_SAVE: Final = "Save it with 8 or 16 bits per channel first"

MESSAGES: Final[Mapping[str, Message]] = {
    # Reading.
    "empty-file": Message("the file is empty", _DAMAGED),
    "format-not-known": Message(
        "it is not a picture in a format that can be read", "If it is a picture, c" + _CONVERT[1:]
    ),
    "web-page": Message("it is a web page, not a picture", "Download the picture itself"),
    "decoder-missing": Message(
        "{format} files need a decoder that is not installed",
        "Run: pip install 'llenhance[{extra}]'",
    ),
    "damaged-picture": Message("its {format} data is damaged or incomplete", _DAMAGED),
    "too-many-pixels": Message(
        "it is too large: it has {megapixels:g} megapixels, and at most {most:g} are read",
        "Scale it down or crop it first, or allow more megapixels",
    ),
    "megapixels-out-of-range": Message("{value:g} is out of range", "Use a number above 0"),
    "animation-too-large": Message(
        "its frames are too large for an animation (more than {megapixels} megapixels)",
        "Save the frame that you want as a picture of its own",
    ),
    "too-many-pages": Message("it has more than {most} pages", "Split the file first"),
    "sequence-too-large": Message(
        "its {count} {kind} are {megapixels} megapixels together (at most {most} can be read)",
        "Split it, or scale it down, first",
    ),
    "picture-exceeds-memory": Message(
        "there is not enough memory for it", "Close other programs, or scale it down first"
    ),
    "white-undefined": Message(
        "its pixels are signed, 32-bit or floating-point: their white is not defined", _SAVE
    ),
    "camera-raw": Message(
        "it is a camera's RAW file of a kind that cannot be read",
        "Develop it to a 16-bit TIFF in a raw converter first",
    ),
    "unusual-depth": Message("it has {bits} bits per channel", _SAVE),
    "samples-not-readable": Message(
        "its pixels have {samples} channels of {bits} bits in {space}, which cannot be read",
        "Save it as RGB with 8 or 16 bits per channel first",
    ),
    "compression-not-readable": Message(
        "its compression ({compression}) cannot be read",
        "Save it without compression, or as PNG, first",
    ),
    "side-too-long": Message(
        "its longer side is {side} pixels, and at most {most} can be read",
        "Crop it, or save it as PNG or TIFF, first",
    ),
    "too-many-scans": Message(
        "its {scans} scans would take far too long",
        "Save it again in another program",
    ),
    "tile-too-large": Message(
        "it is stored in tiles of {megapixels} megapixels, far larger than the picture",
        "Save it again in another program",
    ),
    # What reading leaves behind.
    "first-frame-only": note("only the first of {frames} frames is read"),
    "reduced-copies-left-behind": note(
        "smaller copies of the picture and masks in the file are left behind: {count}"
    ),
    "page-not-there": warning("it says that another page follows, which is not in the file"),
    "still-left-behind": note(
        "the picture for programs that do not show animations is left behind: they will show the "
        "first frame"
    ),
    "notes-of-more-pages": note("what is said here concerns more of its pages, in {count} ways"),
    "raw-settings-left-behind": note(
        "the settings of a RAW converter are left behind: they are not used"
    ),
    "animation-left-behind": note("only the first frame of its animation is read"),
    "main-picture-only": note("only the main one of its {count} pictures is read"),
    "damaged-data-used": warning(
        "some of its data is damaged, and the rest is used (complaints of its decoder: {count}; "
        "the first: {complaint})",
        "Compare the result with the original",
    ),
    "end-marker-missing": note("the mark at its end is missing; all of its pixels are there"),
    "values-clipped": note("{percent} % of its values are not within 0 to 1 and are clipped"),
    "extra-channels-left-behind": note("channels beside the color are left behind: {channels}"),
    "decoder-warned": warning("its decoder warned: {warning}"),
    "read-with-8-bits": note("it has more than 8 bits per channel, of which 8 are read"),
    "cmyk-without-profile": note("its CMYK colors are converted without a color profile"),
    "color-profile-damaged": warning("its {space} color profile is damaged and is left behind"),
    "converted-to-srgb": note("its {space} colors are converted to sRGB"),
    "hdr-cut-off": note("its HDR colors ({curve}) end at white in the result"),
    "color-description-unknown": warning(
        "the numbers that describe its colors ({numbers}) are not known: they are taken for sRGB"
    ),
    "no-color-profile": warning(
        "what should be its color profile ({size} bytes) is none, and is left behind"
    ),
    "damaged-xmp-left-behind": note("XMP data that is none, or declares entities, is left behind"),
    "color-profile-left-behind": note("a color profile for {space} is left behind"),
    "damaged-exif-left-behind": note("damaged EXIF data is left behind"),
    "metadata-policy-unknown": Message(
        "there is no such way to treat metadata", "Use one of {known}"
    ),
    "maker-note-may-tell-position": note(
        "the note of its camera's maker is kept; nobody else can tell whether it has a position"
    ),
    "video-may-tell-position": note(
        "the video of the motion photo ({size} bytes) is left behind: it may tell a position"
    ),
    "texts-with-position-left-behind": note(
        "texts with coordinates in them are left out whole: {count}"
    ),
    "xmp-may-tell-position": note(
        "its XMP data is left behind: positions cannot be taken out of it"
    ),
    "maker-preview-kept": note(
        "a small picture in the note of its camera's maker is kept: it shows the dark photograph"
    ),
    "exif-entries-left-behind": note("damaged entries of the EXIF data are left behind: {count}"),
    "iptc-left-behind": note("IPTC or Photoshop data is left behind"),
    "photoshop-left-behind": note(
        "some of Photoshop's data is left behind: it is damaged, or the picture is turned"
    ),
    "regions-left-behind": note(
        "regions that were marked in the picture are left behind, because it is turned"
    ),
    "gain-map-left-behind": note("the HDR gain map is left behind"),
    "extended-xmp-left-behind": note("the extended part of the XMP data is left behind"),
    "credentials-left-behind": note(
        "its content credentials (C2PA{made}) are left behind: they are signed for that file alone"
    ),
    "address-of-credentials-left-behind": note(
        "the address of content credentials (C2PA) is left behind: they are about that file alone"
    ),
    "parts-left-behind": note("these parts of the file are left behind: {parts}"),
    "parts-not-known": note("what else is in the file cannot be told, and is left behind"),
    "more-warnings": note("its decoder warned {count} more times"),
    "damaged-texts-left-behind": note(
        "texts that are damaged, or far too long when they are unpacked, are left behind: {texts}"
    ),
    "comments-left-behind": note("its text comments are left behind"),
    "pixel-shape-left-behind": note(
        "its pixels are not square ({across} across are as long as {down} down), which the result"
        " does not say"
    ),
    "record-not-readable": note("its record of what made it is damaged"),
    # Values in Python.
    "not-a-picture-array": Message("its shape is {shape} and its type {type}", "{advice}"),
    "pixels-wrong": Message("{problem}", "Picture.from_array makes a picture of any usual array"),
    "no-pillow-image": Message("it is a value of type {given}", "Use a PIL image"),
    "no-picture-bytes": Message(
        "it is a value of type {given}, not the bytes of a picture file",
        "Read the file in binary mode",
    ),
    "no-path": Message("it is a value of type {given}, not a path", "Use the name of a file"),
    # Writing.
    "format-not-written": note(
        "{format} files can be read but not written, so the result is {written}"
    ),
    "animation-in-png": note(
        "it is an animated PNG, of which some programs show the first frame only",
        "Choose WebP for a smaller file",
    ),
    "unknown-format": Message("there is no such format", "Use one of {formats}"),
    "heic-not-written": Message(
        "HEIC pictures cannot be written", "Use AVIF, which is closest to it, or one of {formats}"
    ),
    "format-read-only": Message(
        "pictures of this format can be read, but not written", "Use one of {formats}"
    ),
    "extension-unknown": Message(
        "its extension names no format that can be written", "Use one of {extensions}"
    ),
    "extension-read-only": Message(
        "{format} files can be read, but not written", "Use one of {extensions}"
    ),
    "quality-out-of-range": Message("{quality} is out of range", "Use a number from 1 to 100"),
    "too-large-for-format": Message(
        "{width} x {height} pixels are more than the {side} per side that {format} can hold",
        "Choose TIFF or PNG, or scale the picture down first",
    ),
    "several-pictures": Message(
        "it has {count} {kind}, and a {format} file does not hold them",
        "Choose one of {formats} to keep them all",
    ),
    "file-too-long": Message(
        "all pages together are more than the 4 GB that a {format} file can hold",
        "Split the file first",
    ),
    "timing-lost": warning(
        "{format} cannot hold an animation, so each of its frames is a page, and their timing is "
        "lost",
        "Choose WebP, PNG or AVIF to keep it",
    ),
    "color-not-held": Message(
        "it has colors, and {format} holds grays alone", "Choose PPM, PNG or TIFF to keep them"
    ),
    "not-encoded": Message("it could not be encoded as {format}", "Choose another format"),
    # What a format cannot hold.
    "transparency-lost": warning(
        "{format} cannot hold transparency", "Choose PNG, TIFF, WebP or AVIF to keep it"
    ),
    "depth-lost": note(
        "{format} cannot hold 16 bits per channel", "Choose PNG or TIFF to keep them"
    ),
    "depth-reduced": note(
        "{format} keeps {bits} of its 16 bits per channel", "Choose PNG or TIFF to keep all"
    ),
    "color-profile-lost": warning(
        "{format} cannot hold the color profile", "Choose PNG or TIFF to keep it"
    ),
    "color-profile-too-long": warning(
        "{format} cannot hold the color profile ({size} bytes, at most {most})",
        "Choose PNG or TIFF to keep it",
    ),
    "exif-lost": note("{format} cannot hold the EXIF data", "Choose PNG or TIFF to keep it"),
    "exif-too-long": note(
        "{format} cannot hold the EXIF data ({size} bytes, at most {most})",
        "Choose PNG or TIFF to keep it",
    ),
    "xmp-lost": note("{format} cannot hold the XMP data", "Choose PNG or TIFF to keep it"),
    "xmp-too-long": note(
        "{format} cannot hold the XMP data ({size} bytes, at most {most})",
        "Choose PNG or TIFF to keep it",
    ),
    "iptc-lost": note("{format} cannot hold the IPTC data", "Choose JPEG, PNG or TIFF to keep it"),
    "texts-lost": note("{format} cannot hold these texts: {texts}", "Choose PNG to keep them"),
    "video-lost": note(
        "{format} cannot hold the video of a motion photo ({size} bytes)", "Choose JPEG to keep it"
    ),
    "resolution-lost": note(
        "{format} cannot hold the resolution in dots per inch", "Choose PNG or TIFF to keep it"
    ),
    "quality-ignored": note("the quality has no effect: {format} is lossless"),
}
