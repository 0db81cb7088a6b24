"""What the published LLFlow network answers, and the part of it that is stored here.

The authors' code was run once with random parameters (no trained ones) on synthetic pictures, as
`support.architectures.PUBLISHED` says: a tiny network of their kind. The complete numbers, 5 MB,
are kept outside of this repository. `published.npz` has our numbers and the authors' names of
parameters, nothing else of theirs:

- `parameters/NAME`: the encoder and flow level 1. Levels 2 and 3 are the same code with more
  channels, and nine tenths of the numbers.
- inputs, and the states between the parts, whole: what each part starts from.
- results, every `STRIDE`-th number of each: enough to tell right from wrong, see `sampled`.
- `shapes/small` and `shapes/large`: all parameters of the published checkpoints, with their shapes,
  and whether they are used.

Made by ``python -m golden.published FOLDER`` in `tests`, where FOLDER has the complete numbers.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

PUBLISHED: Final = Path(__file__).with_name("published.npz")

STRIDE: Final = 11
"""Shares no factor with the sides of any array, so that every row, column and channel is seen."""

PARTS: Final = ("RRDB.", *(f"flowUpsamplerNet.layers.{layer}." for layer in (1, 2, 3, 4)))
UNUSED: Final = ("RRDB.downconv3", "RRDB.HRconv", "RRDB.conv_last", "RRDB.awb_para")

WHOLE: Final = (
    "low_u8", "eq_u8", "pad_out_u8", "pad_eq_u8", "eq_edge_in_u8", "eq_edge_out_u8",
    "dec_before_unsqueeze_level2", "encode_logdet", "encode_nll_map", "encode_nll_gt",
)  # fmt: skip
FIRST: Final = ("enc_normal_u8", "encode_z")
"""Of two pictures, the one whose dark picture is `low_u8`."""

SAMPLED: Final = (
    "cond12", "enc_fea_up2", "enc_fea_up1", "enc_fea_up0", "enc_color_map", "z_mean",
    "dec_before_unsqueeze_level1", "out_0", "encode_after_level1",
)  # fmt: skip


def sampled(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return every `STRIDE`-th number, as they lie in memory."""
    return np.ascontiguousarray(numbers.reshape(-1)[::STRIDE])


def make(folder: Path) -> None:
    """Write `PUBLISHED` from the complete numbers."""
    complete = np.load(folder / "tiny_golden.npz")
    parameters = load_file(folder / "tiny.safetensors")
    arrays: dict[str, NDArray[Any]] = {
        f"parameters/{name}": value
        for name, value in parameters.items()
        if name.startswith(PARTS) and not name.startswith(UNUSED)
    }
    arrays |= {name: complete[name] for name in WHOLE}
    arrays |= {name: complete[name][:1] for name in FIRST}
    arrays |= {name: sampled(complete[name]) for name in SAMPLED}
    for preset in ("small", "large"):
        lines = (folder / f"keys_{preset}.txt").read_text().splitlines()
        arrays[f"shapes/{preset}"] = np.array(lines)
    np.savez_compressed(PUBLISHED, allow_pickle=False, **arrays)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
