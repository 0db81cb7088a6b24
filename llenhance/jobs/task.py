"""One picture, whatever the door: the bytes of a picture file in, those of the enhanced one out.

The command, a web page or a worker of a cluster all call `enhance_bytes`. What is about files
(where a result goes, what may be replaced) is around it, in `batch.py`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.wish import AUTOMATIC, Wish
from llenhance.errors import PictureError, ResourceError, UsageError, expect, expect_function
from llenhance.jobs.enhancers import AnyEnhancer
from llenhance.jobs.request import USUAL, Request
from llenhance.jobs.sheets import Small, Smalls, sheet_of, small_of
from llenhance.jobs.signing import Signer, Source
from llenhance.jobs.tally import Tally, each_kind_once
from llenhance.messages.note import Note
from llenhance.pictures.decode import decode_all
from llenhance.pictures.encode import check_fits, check_holds, encode, encode_all, losses
from llenhance.pictures.formats import FORMATS, result_format
from llenhance.pictures.picture import Picture
from llenhance.pictures.policy import policy
from llenhance.pictures.provenance import Provenance, record_in
from llenhance.pictures.sequence import PictureSequence

LOOKED_AT: Final = 32
"""Frames of an animation that are looked at before all of them get one plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A picture that was decoded, and all that is known before it is enhanced.

    Attributes:
        name: What messages call the picture.
        picture: The decoded picture; of several the first.
        sequence: All pictures of the file.
        sizes: Width and height of each of them.
        source: The file, as a record in the result names it.
        format: Format of the result, a key of `FORMATS`.
        request: What to make of it.
        notes: What decoding left behind, and what the format of the result cannot hold.
        seconds: Time that decoding took.
    """

    name: str
    picture: Picture
    sequence: PictureSequence
    sizes: tuple[tuple[int, int], ...]
    source: Source
    format: str
    request: Request
    notes: tuple[Note, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An enhanced picture.

    Attributes:
        data: The bytes of its file.
        picture: The enhanced picture that was encoded; of several the first.
        pictures: How many pictures the file has: pages, or frames of an animation.
        format: Format of the file, a key of `FORMATS`.
        notes: Everything that its owner may want to know, by code: what was left behind, why a
            target was missed, what the format could not hold.
        brightness: The constant that made it, relative to the predicted one; the mean of pages;
            None for a sheet of several results.
        mean_grey: Mean gray of its pixels, 0..1, over all pictures; None for a sheet.
        tiles: Number of tiles that the network computed; a target can need more than one pass.
        seconds: Time from the bytes to the bytes.
        enhancing_seconds: The part of it between decoding and encoding.
    """

    data: bytes
    picture: Picture
    format: str
    notes: tuple[Note, ...]
    brightness: float | None
    mean_grey: float | None
    tiles: int
    seconds: float
    enhancing_seconds: float
    pictures: int = 1

    @property
    def media_type(self) -> str:
        """What the web calls the format, such as 'image/png'."""
        return FORMATS[self.format].mime

    @property
    def record(self) -> Provenance | None:
        """What made the picture, as the file itself says it; None if it does not."""
        return record_in(self.picture.xmp)


def enhance_bytes(
    data: bytes,
    *,
    name: str,
    enhancer: AnyEnhancer,
    request: Request = USUAL,
    progress: Progress | None = None,
) -> Outcome:
    """Enhance the picture in a file's bytes. Threads may call this with one enhancer.

    Args:
        data: The whole file: JPEG, PNG, WebP, TIFF, AVIF or another format that can be read.
        name: What messages call the picture.
        enhancer: Enhances it.
        request: What to make of it.
        progress: Called after each tile.

    Raises:
        PictureError: The picture cannot be read or enhanced, or does not fit into the format.
        UsageError: The format or quality is unknown, or an argument is of a wrong type.
        ResourceError: There is not enough memory.

    Example:
        >>> outcome = enhance_bytes(data, name="upload.jpg", enhancer=Enhancer())
        >>> [note.code for note in outcome.notes]
        []
    """
    if not callable(getattr(enhancer, "enhance_picture", None)):
        given = type(enhancer).__name__
        raise UsageError("wrong-type", "the enhancer", given=given, wanted="Enhancer")
    if progress is not None:
        expect_function(progress, name="progress")
    return enhance_opened(
        open_bytes(data, name=name, request=request), enhancer=enhancer, progress=progress
    )


def open_bytes(data: bytes, *, name: str, request: Request = USUAL) -> Opened:
    """Decode a picture, and find out what its result will lose: all that needs no network.

    Raises:
        PictureError: The picture cannot be read, or does not fit into the format.
        UsageError: The format or quality is unknown.
        ResourceError: There is not enough memory.
    """
    expect(request, Request, name="the request")
    started = perf_counter()
    kept = policy(request.metadata)
    sequence = decode_all(data, name=name, max_megapixels=request.max_megapixels).changed(kept)
    source = Source(name, data, request)
    first, format, notes = None, "", [source.note] if source.note else list[Note]()
    sizes: list[tuple[int, int]] = []
    for picture in sequence:  # all of them: what cannot be read is told before any work
        sizes.append((picture.width, picture.height))
        if first is None:
            first = picture
            rich = picture.depth == 16 or picture.alpha is not None
            format, note = result_format(picture.source_format, rich=rich, wanted=request.format)
            notes += (*sequence.notes, *((note,) if note else ()))
            is_moving = sequence.timing and not request.panels  # a sheet shows the first one
            if is_moving and picture.source_format != format == "PNG":
                notes.append(Note("animation-in-png"))
            notes += check_holds(sequence, format=format, name=name, depth=picture.depth)
        check_fits(picture, format=format, quality=request.quality, name=name)
        if first is picture or sequence.kind == "pages":  # frames lose what the first one loses
            notes += (*picture.notes, *losses(picture, format=format, quality=request.quality))
    if first is None:
        raise AssertionError("a file without a picture was refused")
    return Opened(
        name=name,
        picture=first,
        sequence=sequence,
        sizes=tuple(sizes),
        source=source,
        format=format,
        request=request,
        notes=each_kind_once(notes) if sequence.count > 1 else tuple(notes),
        seconds=perf_counter() - started,
    )


def enhance_opened(
    opened: Opened,
    *,
    enhancer: AnyEnhancer,
    progress: Progress | None = None,
    smalls: Smalls | None = None,
) -> Outcome:
    """Enhance and encode a picture that was opened; see `enhance_bytes`.

    Args:
        opened: The picture.
        enhancer: Enhances it.
        progress: Called after each tile.
        smalls: Gets a small copy of the result, and gives them for a sheet.
    """
    if opened.request.panels:
        return _sheet(opened, enhancer, progress, smalls)
    started = perf_counter()
    tally = Tally(opened.sequence.count, progress)
    signer = Signer(enhancer, source=opened.source, request=opened.request, format=opened.format)
    if opened.sequence.kind == "frames":
        data, notes = _enhance_frames(opened, enhancer, tally, signer)
    else:
        wish, name = opened.request.wish, opened.name

        def made() -> Iterator[Picture]:
            for page in opened.sequence:
                done = enhance_named(page, wish, name=name, enhancer=enhancer, progress=tally.count)
                if smalls is not None and page is opened.picture:
                    smalls.keep(opened.source.sha256, wish, small_of(done))
                yield tally.add(signer.signed(done))

        data, notes = _encoded(made(), opened, tally), list[Note]()
    return Outcome(
        data=data,
        picture=tally.first,
        format=opened.format,
        notes=(*opened.notes, *tally.told(), *notes, *signer.notes),
        brightness=tally.brightness,
        mean_grey=tally.mean_grey,
        tiles=tally.tiles,
        seconds=opened.seconds + perf_counter() - started,
        enhancing_seconds=tally.seconds,
        pictures=opened.sequence.count,
    )


def _sheet(
    opened: Opened, enhancer: AnyEnhancer, progress: Progress | None, smalls: Smalls | None
) -> Outcome:
    """Make the results of a sheet, unless they were made before, and encode it."""
    started = perf_counter()
    panels, source = opened.request.panels, opened.source.sha256
    shown: list[Small] = []
    tiles = 0

    def count(done: int, of_one: int) -> None:
        nonlocal tiles
        tiles += 1
        if progress is not None:
            rest = (len(panels) - len(shown) - 1) * of_one
            progress(tiles, max(tiles, tiles - done + of_one + rest))

    for panel in panels:
        small = None if smalls is None else smalls.take(source, panel.wish)
        if small is None:
            made = enhance_named(
                opened.picture, panel.wish, name=opened.name, enhancer=enhancer, progress=count
            )
            small = small_of(made)
        shown.append(small)
    columns = None if panels[0].wish.sample else len(panels)
    sheet = sheet_of(shown, [panel.title for panel in panels], columns=columns)
    seconds = perf_counter() - started
    data = encode(sheet, format=opened.format, quality=opened.request.quality, name=opened.name)
    return Outcome(
        data=data,
        picture=sheet,
        format=opened.format,
        notes=opened.notes,
        brightness=None,
        mean_grey=None,
        tiles=tiles,
        seconds=opened.seconds + perf_counter() - started,
        enhancing_seconds=seconds,
    )


def _enhance_frames(
    opened: Opened, enhancer: AnyEnhancer, tally: Tally, signer: Signer
) -> tuple[bytes, list[Note]]:
    """Enhance all frames by one plan, again if their mean gray is not what was asked for."""
    with about(opened.name):
        some = opened.sequence.evenly(LOOKED_AT)
        look = enhancer.look_at_all(some, opened.request.wish, frames=True)

    def made() -> Iterator[Picture]:
        for frame in opened.sequence:
            with about(opened.name):
                done = look.enhance(frame, progress=tally.count)
            yield tally.add(signer.signed(done))

    while True:
        data = _encoded(made(), opened, tally)
        if not look.correct(tally.mean_grey):
            note = look.note(tally.mean_grey)
            return data, [note] if note else []
        tally.begin_again()


def _encoded(made: Iterator[Picture], opened: Opened, tally: Tally) -> bytes:
    return encode_all(
        tally.timed(made),
        opened.sequence,
        format=opened.format,
        quality=opened.request.quality,
        name=opened.name,
    )


def enhance_named(
    picture: Picture,
    wish: Wish = AUTOMATIC,
    *,
    name: str,
    enhancer: AnyEnhancer,
    progress: Progress | None = None,
) -> Enhanced:
    """Enhance a picture; errors are about its name, which an enhancer does not know."""
    with about(name):
        return enhancer.enhance_picture(picture, wish, progress=progress)


@contextmanager
def about(name: str) -> Generator[None]:
    """Let errors be about this name."""
    try:
        yield
    except (PictureError, ResourceError) as error:
        raise error.about(name) from error
