"""What the network sees of a picture: the part that is picture, on the curve of sRGB."""

from __future__ import annotations

from dataclasses import dataclass

from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels
from llenhance.pictures.spaces import as_srgb, in_its_space
from llenhance.pictures.visible import Visible, visible_part


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPicture:
    """What the network sees of a picture.

    Attributes:
        picture: The whole of it.
        srgb: Its pixels on the curve of sRGB, with what is no picture.
        visible: Says what of them is picture.
        pixels: That part, filled where nothing is seen.
    """

    picture: Picture
    srgb: Pixels
    visible: Visible
    pixels: Pixels

    def enhanced(self, pixels: Pixels) -> Picture:
        """Return the picture with this in place of what is seen, in its own space."""
        placed = in_its_space(self.picture, self.visible.placed(self.srgb, pixels))
        if self.visible.is_everything:
            return placed
        part = self.visible.part(placed.pixels)
        return placed.with_pixels(self.visible.placed(self.picture.pixels, part))


def seen_in(picture: Picture, *, surroundings: Visible | None = None) -> SeenPicture:
    """Return what the network sees of a picture.

    Args:
        picture: It stays as it is.
        surroundings: What is visible of all frames of the animation that the picture is from.
    """
    srgb = as_srgb(picture)
    if surroundings is not None and surroundings.size == srgb.shape[:2]:
        visible = surroundings.with_alpha(picture.alpha)
    else:
        visible = visible_part(srgb, picture.alpha)
    return SeenPicture(picture=picture, srgb=srgb, visible=visible, pixels=visible.cut(srgb))
