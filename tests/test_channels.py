"""The largest of three channels, and that it takes the place of numpy's own reduction."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import DTypeLike

from llenhance.pictures.channels import largest_channel


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("swapped", [False, True], ids=["rows", "columns"])
def test_the_largest_channel_is_that_of_numpy_in_the_same_order_in_memory(
    kind: DTypeLike, *, swapped: bool
) -> None:
    values = np.random.default_rng(0).integers(0, 255, (5, 7, 3)).astype(kind)
    values = values.swapaxes(0, 1) if swapped else values
    largest, expected = largest_channel(values), values.max(axis=2)
    np.testing.assert_array_equal(largest, expected)
    assert (largest.dtype, largest.strides) == (expected.dtype, expected.strides)
