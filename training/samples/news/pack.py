"""Packs a sample of MSNBC.com Anonymous Web Data: visits of 20 to 200 pages, as they were.

`python training/samples/news/pack.py sessions.txt.gz training/samples/news/msnbc.npz` gives the
same bytes every time. The input is the data set's own format: a line `% category names`, then one
line of category numbers a visitor.
"""

from __future__ import annotations

import argparse
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np

VISITS = 10_000
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def pack(lines: list[str], visits: int = VISITS) -> dict[str, np.ndarray]:
    """Return the arrays of the packed file: the first `visits` lines after the names."""
    names = lines[0].lstrip("% ").split()
    chosen = [np.array(line.split(), np.uint8) for line in lines[1:] if line][:visits]
    if max(int(visit.max()) for visit in chosen) > len(names):
        raise ValueError("a visit has a category that the first line does not name")
    return {
        "category_names": np.frombuffer("\n".join(names).encode(), np.uint8),
        "views_per_visit": np.array([len(visit) for visit in chosen], np.uint16),
        "category": np.concatenate(chosen),
    }


def write(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write `arrays` as an .npz without timestamps, so that packing again gives the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _FIXED_TIME)
            archive.writestr(entry, buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)


def main() -> None:
    """Pack the file named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sessions", type=Path, help="text, or text packed with gzip")
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    data = options.sessions.read_bytes()
    text = (gzip.decompress(data) if options.sessions.suffix == ".gz" else data).decode()
    arrays = pack(text.split("\n"))
    write(arrays, options.output)
    views = len(arrays["category"])
    print(
        f"{len(arrays['views_per_visit'])} visits, {views} views, {options.output.stat().st_size} B"
    )


if __name__ == "__main__":
    main()
