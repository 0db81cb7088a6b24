"""Colors told by numbers instead of a profile: PNG's chunks, AVIF's nclx, a camera's EXIF data.

Each becomes an ICC profile, which every format can carry along. The numbers of ITU-T H.273 for
HDR curves, PQ and HLG, which no profile can hold, become values up to the white of paper.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from llenhance.messages.note import Note
from llenhance.pictures import icc
from llenhance.pictures.color import linear_to_srgb
from llenhance.pictures.pixels import Pixels, bands

PQ, HLG = 16, 18
HDR: Final = {PQ: "PQ", HLG: "HLG"}
PAPER: Final = 203.0  # nits of diffuse white (ITU-R BT.2408)

_C: Final = (0.31, 0.316)
_DCI: Final = (0.314, 0.351)
# Primaries of red, green, blue, and the white (H.273, table 2); 2 means that nothing is told.
_PRIMARIES: Final = {
    1: (icc.SRGB_PRIMARIES, icc.D65),
    2: (icc.SRGB_PRIMARIES, icc.D65),
    4: (((0.67, 0.33), (0.21, 0.71), (0.14, 0.08)), _C),
    5: (((0.64, 0.33), (0.29, 0.6), (0.15, 0.06)), icc.D65),
    6: (((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)), icc.D65),
    7: (((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)), icc.D65),
    8: (((0.681, 0.319), (0.243, 0.692), (0.145, 0.049)), _C),
    9: (((0.708, 0.292), (0.17, 0.797), (0.131, 0.046)), icc.D65),
    11: (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), _DCI),
    12: (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), icc.D65),
    22: (((0.63, 0.34), (0.295, 0.605), (0.155, 0.077)), icc.D65),
}
_NAMES: Final = {1: "sRGB", 2: "sRGB", 9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}
# Curves (H.273, table 3). Those of video, 1, 6, 14 and 15, describe cameras: browsers show such
# values on the sRGB curve. So are HDR values here, once they end at white.
_CURVES: Final = {
    **dict.fromkeys((1, 2, 6, 13, 14, 15, PQ, HLG), icc.SRGB_CURVE),
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
}


class Told(NamedTuple):
    """What numbers tell about colors.

    Attributes:
        primaries: chromaticities of red, green and blue.
        white: chromaticity of what equal channels show.
        curve: parameters for `icc.rgb_profile`.
        name: of the space.
    """

    primaries: tuple[icc.Point, icc.Point, icc.Point] = icc.SRGB_PRIMARIES
    white: icc.Point = icc.D65
    curve: tuple[float, ...] = icc.SRGB_CURVE
    name: str = "the colors of the file"

    def profile(self, *, gray: bool = False) -> bytes | None:
        """Return an ICC profile; None if the values are sRGB as they are.

        Raises:
            ValueError: there are no such colors.
        """
        if gray:
            is_usual = self.curve == icc.SRGB_CURVE
            return None if is_usual else icc.gray_profile(self.name, curve=self.curve)
        if (self.primaries, self.curve) == (icc.SRGB_PRIMARIES, icc.SRGB_CURVE):
            return None
        icc.to_xyz(self.primaries, self.white)
        return icc.rgb_profile(
            self.name, curve=self.curve, primaries=self.primaries, white=self.white
        )


ADOBE_RGB: Final = Told(icc.ADOBE_RGB_PRIMARIES, icc.D65, (563 / 256,), "Adobe RGB (1998)")
"""The space that cameras tell with 'R03' in EXIF data (DCF 2.0)."""


def told_by(primaries: int, transfer: int, notes: list[Note]) -> Told | None:
    """Return what these numbers of H.273 say; None, and a note, if they are not known here."""
    if primaries not in _PRIMARIES or transfer not in _CURVES:
        notes.append(Note("color-description-unknown", numbers=f"{primaries}/{transfer}"))
        return None
    points, white = _PRIMARIES[primaries]
    return Told(points, white, _CURVES[transfer], _NAMES.get(primaries, "the colors of the file"))


def end_at_white(pixels: Pixels, transfer: int, notes: list[Note]) -> None:
    """Turn, in place, HDR values into values on the sRGB curve; what outshines paper is cut off.

    Args:
        pixels: (H, W, 3) of any primaries.
        transfer: of H.273; only `PQ` and `HLG` are HDR.
        notes: gets one if the pixels are changed.
    """
    if transfer not in HDR:
        return
    notes.append(Note("hdr-cut-off", curve=HDR[transfer]))
    full = np.iinfo(pixels.dtype).max
    stored = np.linspace(0, 1, full + 1)
    if transfer == PQ:
        table = np.rint(linear_to_srgb((_pq(stored) / PAPER).clip(0, 1)) * full)
        table = table.astype(pixels.dtype)
        for part in bands(pixels):
            part[:] = table[part]
        return
    scene = _hlg(stored).astype(np.float32)
    for part in bands(pixels):
        light = scene[part]
        luminance = light @ np.array([0.2627, 0.678, 0.0593], np.float32)
        shown = light * (1000 / PAPER * luminance**0.2)[..., None]  # a screen of 1000 nits
        part[:] = np.rint(linear_to_srgb(shown.clip(0, 1)) * full)


def _pq(stored: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return nits (SMPTE ST 2084)."""
    root = stored ** (32 / 2523)
    ratio = np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)
    return 10000 * ratio ** (8192 / 1305)


def _hlg(stored: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the light of the scene, 0..1 (ITU-R BT.2100)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(stored <= 0.5, stored**2 / 3, (np.exp((stored - c) / a) + b) / 12)
