"""Small files of formats that llenhance reads and nothing here writes.

`heif-enc -q 60` of libheif 1.15 made the HEIC file of what `formats.py` writes in other formats,
`pylibjxl.encode` (libjxl 0.11) the JPEG XL file.
The RAW file is a DNG of a camera that sees a gray surface, laid out by hand.
"""

from __future__ import annotations

import base64
import zlib
from typing import Final

_HEIC: Final = (
    "c-"
    "muNV30{GsVvAy%}izhg51nBLl8SRGck>UfpKkaYDppk1Sn>t<P<^K3<a6VB@AeQuOPD|7tCS;Vu8$*M2Hdx1_K~zk(ra9%"
    "m`$-"
    "H~{4tAzBzO!dMK=2vIoA0oIq9mj*Xg6v#<s0;vG1$tX)UWIz%GD@iZPOaU=(WEK<^0O@U+1<Cn9x(uk=nUT2w?p(PK41fO"
    "q_`$%y&#VA6O~QeZhw=Y^kOF3g2_OQ9<aRMRC;}z5oERC=WELnivQB&TWZBLg0s;mKAR#cJs038b=E8We_&_Jn5|PZ}f>f"
    "x54p59P1_~X4g3O9ckN`6W2guh_nFYD9fCq*PQzH`t6BBa_Sf(g74Hn`lnYroUa07){cP=Ev>opkHb3U-"
    "+Oi#CS3!FZ$_Q(G@oWYwX^hrKUR$=E;yb*gv-"
    "}d5_5P4Da_41lNWiP`n?{(sxn_rN2KwV<#3v2)F<@fdmMr#SN9az*Ww8LD&_PKGASiST6TizC)M|mVa&7Esmb>jV`PX{A6"
    "*S^2YIJe=`Pvf4Dt%tAqTUe$q5pDng<@tl#"
)
_RAW: Final = (
    "c-"
    "r&y)MDUZU|<ks_{YG)z{mgvj1aa0h>65zVq^xh1%Q|t$_8OJC|kLKfq|cqiGdZ!<^l=`0NI=%^+2{D)SMO|A%vt?6p1Z{W"
    "S2OU4RT&@6Eg!7$bKN~Yhnbt6zni2p<@s>P$`4RF^FAKKuxm8AbS7*XJAk~#swBv0SagwV`X3lvU7m!sACX&MWJ4HDJ{;1"
    "kP7~JsmQEpbwD4eGcbHP{Qp0QZhHfv)o(#)H&2NCd`1YZ%LJi0en8~CG$DLk__Wz59EGEB6pq4CI0{D^1OV9NE${"
)

_JXL: Final = (
    "{|d`MBmw9I(@zorfC`mS#tmN1^?doE!(!UTb%wUuwy=b;*<KhVOaLfaDM~n@E&#id8sZ^B0SLK4L}TKZJoGf=Jg4^I-"
    "#&&t01ye6I|(uu|6t~8sl&d9A^__pJJcpmO*&JHA}k=l%SFcgB=s9e!k!Ai=SzI%nTc*D+2~y0apJHow{w0hru^7}kO(IL"
    "B8QCQ#d{F1+l~Q|xW&=K&_aY@*D)v{5V2xp!0(N|{hS9_qe2SgwdC+FPP`an%!x55GZ>fv;7i!>KB2&eaX8z4FhpK!cE8m"
    "*abSkwBIDIz3+q^&JNru!kZcCZ`eu9a&qAT=meP&JGUO8urYI_9;ImNc3_D4iqA?|z;XmUiT8*JTd}AaEtb8rG`(&pk^xq"
    "PFBn43r29K5kuM^tH>7UntM*Iko{{R"
)


def heic() -> bytes:
    """Return a HEIC file of 64x48 pixels."""
    return zlib.decompress(base64.b85decode(_HEIC))


def jxl() -> bytes:
    """Return a JPEG XL file of 64x48 pixels."""
    return base64.b85decode(_JXL)


def raw() -> bytes:
    """Return a DNG file of 32x32 pixels, all of them half of white on the curve of sRGB."""
    return zlib.decompress(base64.b85decode(_RAW))
