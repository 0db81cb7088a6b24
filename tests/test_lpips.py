"""LPIPS agrees with the shared scoring script, and its weights are checked."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from llenhance.errors import WeightsError
from llenhance.scoring.lpips import LPIPS, load_lpips

SHARED = Path(__file__).parents[2] / "shared" / "eval"


def picture(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def as_tensor(pixels: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/eval is not here")
def test_distance_is_that_of_the_shared_script() -> None:
    spec = importlib.util.spec_from_file_location("shared_metrics", SHARED / "metrics.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    ours = load_lpips(SHARED / "lpips_alex.safetensors")
    a, b = picture(0), picture(1)
    # float32 throughout: measured 3e-8
    assert ours(as_tensor(a), as_tensor(b)).item() == pytest.approx(script.LPIPS()(a, b), abs=1e-5)


def test_equal_pictures_have_distance_0_and_different_ones_more() -> None:
    torch.manual_seed(0)
    network = LPIPS()
    with torch.no_grad():
        for number in range(5):
            network.get_parameter(f"lin{number}.weight").abs_()
    same = as_tensor(picture(0))
    assert network(same, same).item() == 0
    assert network(same, as_tensor(picture(1))).item() > 0


def test_black_has_a_finite_gradient() -> None:
    black = torch.zeros(1, 3, 48, 64, requires_grad=True)
    LPIPS()(black, as_tensor(picture(0))).sum().backward()
    assert black.grad is not None
    assert black.grad.isfinite().all()


@pytest.mark.parametrize("content", [b"", b"no weights", None])
def test_other_files_are_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    if content is None:
        save_file({"conv0.weight": torch.zeros(2)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match="LPIPS"):
        load_lpips(path)
