"""What the tab saves as NPY, NumPy reads: frontend/tests/export/npy.test.ts makes the bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FIXTURE = Path(__file__).parents[2] / "frontend" / "tests" / "fixtures" / "exported.npy"


def test_numpy_loads_an_exported_array() -> None:
    array = np.load(FIXTURE, allow_pickle=False)
    assert array.dtype == np.dtype("<f4")
    assert array.flags.c_contiguous
    expected = [[[1, np.nan], [0.25, 0.75]], [[0.5, np.nan], [0, 1e-3]]]
    np.testing.assert_array_equal(array, np.array(expected, np.float32))
