"""Several pictures by one plan: nothing flickers, and memory does not grow."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.encoded import codes, saved
from support.photographs import dark_photograph
from support.stand_in import StandIn

from llenhance import Enhancer, Outcome, Request, UsageError, Wish, enhance_bytes
from llenhance.pictures.encode import encode_all
from llenhance.pictures.picture import Picture
from llenhance.pictures.sequence import PictureSequence, Timing
from llenhance.scoring.metrics import mean_grey


@pytest.fixture(scope="module")
def enhancer() -> Enhancer:
    return Enhancer(device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    """A dark photograph, 96x144."""
    return dark_photograph(96, 144)


def film(*frames: NDArray[Any], **options: Any) -> bytes:
    """An animated PNG in which equal frames stay apart."""
    pictures = [Picture(pixels=np.ascontiguousarray(frame)) for frame in frames]
    times = Timing(milliseconds=(40,) * len(frames))
    sequence = PictureSequence(
        kind="frames", count=len(frames), read=lambda: iter(pictures), timing=times
    )
    return encode_all(pictures, sequence, format="PNG", name="p", **options)


def frames_of(made: Outcome) -> list[NDArray[np.uint8]]:
    with Image.open(io.BytesIO(made.data)) as image:
        found: list[NDArray[np.uint8]] = []
        for n in range(getattr(image, "n_frames", 1)):
            image.seek(n)
            found.append(np.asarray(image.convert("RGB")))
        return found


def enhanced(enhancer: Enhancer, data: bytes, wish: Wish | None = None) -> Outcome:
    request = Request(wish=wish or Wish())
    return enhance_bytes(data, name="p", enhancer=enhancer, request=request)


def fade(photo: NDArray[np.uint8], count: int = 7) -> list[NDArray[np.uint8]]:
    """From black to the photograph."""
    return [np.rint(photo * (n / (count - 1))).astype(np.uint8) for n in range(count)]


def test_equal_frames_become_what_the_picture_alone_becomes(
    enhancer: Enhancer, photo: NDArray[np.uint8]
) -> None:
    first, *others = frames_of(enhanced(enhancer, film(photo, photo, photo)))
    for other in others:
        np.testing.assert_array_equal(other, first)
    np.testing.assert_array_equal(first, enhancer.enhance(photo))


def test_noise_does_not_flicker(enhancer: Enhancer, photo: NDArray[np.uint8]) -> None:
    """Each frame alone gets a brightness of its own."""
    rng = np.random.default_rng(0)
    noisy = [
        np.clip(photo + rng.normal(0, 4, photo.shape), 0, 255).astype(np.uint8) for _ in range(4)
    ]
    together = [mean_grey(frame) for frame in frames_of(enhanced(enhancer, film(*noisy)))]
    alone = [mean_grey(enhancer.enhance(frame)) for frame in noisy]
    assert np.ptp(together) < 0.01
    assert np.ptp(together) <= np.ptp(alone) + 1e-3


def test_a_fade_rises_steadily_and_does_not_burn(
    enhancer: Enhancer, photo: NDArray[np.uint8]
) -> None:
    means = [mean_grey(frame) for frame in frames_of(enhanced(enhancer, film(*fade(photo))))]
    assert means[0] == 0
    assert (np.diff(means) > 0).all()
    assert means[-1] < mean_grey(enhancer.enhance(photo)) + 0.08


def test_a_target_is_for_the_mean_of_all_frames(
    enhancer: Enhancer, photo: NDArray[np.uint8]
) -> None:
    made = enhanced(enhancer, film(*fade(photo)[3:]), Wish(target_mean=0.4))
    assert made.mean_grey == pytest.approx(0.4, abs=0.01)
    means = [mean_grey(frame) for frame in frames_of(made)]
    assert np.mean(means) == pytest.approx(made.mean_grey, abs=1e-3)
    assert np.ptp(means) > 0.02  # each keeps its place among the others


def test_bars_stay_in_all_frames(enhancer: Enhancer, photo: NDArray[np.uint8]) -> None:
    """In the first frames they cannot be told from a black picture."""
    barred = [np.pad(frame, ((20, 20), (0, 0), (0, 0))) for frame in fade(photo)]
    made = enhanced(enhancer, film(*barred))
    assert codes(made.notes) == ("frame-kept",)
    for frame in frames_of(made):
        assert not frame[:20].any()
        assert not frame[-20:].any()


def test_what_is_hidden_in_one_frame_stays_hidden(
    enhancer: Enhancer, photo: NDArray[np.uint8]
) -> None:
    cover = np.full((*photo.shape[:2], 1), 255, np.uint8)
    cover[:, :40] = 0
    frames = [Image.fromarray(np.dstack([photo, np.roll(cover, 30 * n, axis=1)])) for n in range(3)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    with Image.open(io.BytesIO(enhanced(enhancer, data).data)) as image:
        for n, frame in enumerate(frames):
            image.seek(n)
            np.testing.assert_array_equal(np.asarray(image)[..., 3], np.asarray(frame)[..., 3])


def test_pictures_of_any_size_and_depth_can_be_looked_at_together(
    enhancer: Enhancer, photo: NDArray[np.uint8]
) -> None:
    deep = photo[:64, :90].astype(np.uint16) * 257
    pictures = [Picture.from_array(pixels) for pixels in (photo, deep)]
    together = enhancer.look_at_all(pictures)
    results = [together.enhance(picture).picture.pixels for picture in pictures]
    assert [result.dtype for result in results] == [np.uint8, np.uint16]
    assert mean_grey(results[1]) == pytest.approx(mean_grey(results[0][:64, :90]), abs=0.03)


def test_no_pictures_have_no_plan(enhancer: Enhancer) -> None:
    with pytest.raises(UsageError, match="there are none"):
        enhancer.look_at_all([])


class Counting:
    """Remembers what progress told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def __call__(self, done: int, tiles: int) -> None:
        self.told.append((done, tiles))


def test_progress_counts_over_all_frames(photo: NDArray[np.uint8]) -> None:
    progress = Counting()
    enhance_bytes(film(photo, photo // 2), name="p", enhancer=StandIn(), progress=progress)
    assert progress.told == [(1, 2), (2, 2)]


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_memory_does_not_grow_with_the_number_of_pictures(format: str) -> None:
    """But for the file itself. Each picture has 0.9 MB, and compresses to nothing."""

    def peak(count: int) -> int:
        def read() -> Iterator[Picture]:
            for n in range(count):
                pixels = np.zeros((480, 640, 3), np.uint8)
                pixels[:, : 8 * n] = 99
                yield Picture(pixels=pixels)

        moves = format != "TIFF"
        sequence = PictureSequence(
            kind="frames" if moves else "pages",
            count=count,
            read=read,
            timing=Timing(milliseconds=(40,) * count) if moves else None,
        )
        data = encode_all(read(), sequence, format=format, name="p")
        tracemalloc.start()
        enhance_bytes(data, name="p", enhancer=StandIn())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(24) < peak(3) + 1_000_000
