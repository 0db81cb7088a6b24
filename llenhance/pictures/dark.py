"""Which mean gray counts as dark: a number that the command shows before anything is imported."""

from __future__ import annotations

from typing import Final

DARK: Final = 0.32
"""Mean gray of the visible part, in sRGB, below which a picture counts as dark.

Of 12 real dark photographs all have less, of the dark pictures of SICE and LOL 99.8 %, of 28
pictures of nights and dusks 20 (the others are lit skylines and sunsets); of the bright ones of
SICE none, of those of LOL 7 %, of 69 normally exposed photographs none, and of 136 good ones 29,
which are low-key. No other simple measure is clearly better. At limits that leave as many of the
136: the median and the share of pixels below 0.15 find 21 of the nights, but the share takes 4 % of
SICE's bright ones; the mean logarithm of linear light finds 22, and misses one of the 12. Means of
linear light and high percentiles tell the sets apart less well. Leaving a dark picture is worse
than enhancing one that needs little.
"""
