"""What ships is small, credited, and packed by the program beside it, the same bytes every time."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from training.datasets.news import CATEGORIES

SAMPLES = Path(__file__).parents[2] / "training" / "samples"


def pack_of(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"pack_{name}", SAMPLES / name / "pack.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("file", "limit_bytes"), [("news/msnbc.npz", 300_000), ("support/queries.csv.gz", 400_000)]
)
def test_a_sample_is_small_and_credited(file: str, limit_bytes: int) -> None:
    path = SAMPLES / file
    assert path.stat().st_size < limit_bytes
    readme = (path.parent / "README.md").read_text()
    [licence] = path.parent.glob("LICENSE*.txt")
    assert path.name in readme
    assert licence.name in readme
    assert "**Credit**" in readme
    assert "**Changes**" in readme
    assert "creativecommons.org/licenses/by/" in licence.read_text()


def test_news_packs_the_first_visits(tmp_path: Path) -> None:
    pack = pack_of("news")
    arrays = pack.pack(["% news tech", "1 1 2", "2", "1", ""], visits=2)
    assert arrays["views_per_visit"].tolist() == [3, 1]
    assert arrays["category"].tolist() == [1, 1, 2, 2]
    for name in "ab":
        pack.write(arrays, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with pytest.raises(ValueError, match="does not name"):
        pack.pack(["% news", "2"])


def test_every_shipped_category_has_words() -> None:
    with np.load(SAMPLES / "news" / "msnbc.npz") as packed:
        names = packed["category_names"].tobytes().decode().split("\n")
        assert set(names) == CATEGORIES.keys()
        assert len(packed["views_per_visit"]) == 10_000
        assert packed["views_per_visit"].min() == 20


def test_queries_keep_their_part_and_are_sampled_the_same(tmp_path: Path) -> None:
    pack = pack_of("support")
    for part in ("train", "test"):
        lines = [f'"{part}  query, {n}",card' for n in range(60)]
        (tmp_path / f"{part}.csv").write_text("\n".join(["text,category", *lines, lines[0]]))
    (tmp_path / "domains.json").write_text(json.dumps({"home": ["alarm"]}))
    clinc = {
        "train": [["wake me", "alarm"]],
        "test": [["ring", "alarm"]],
        "oos_train": [["?", "oos"]],
    }
    (tmp_path / "clinc.json").write_text(json.dumps(clinc))
    rows = pack.banking77(tmp_path) + pack.clinc150(
        tmp_path / "clinc.json", tmp_path / "domains.json"
    )
    chosen = pack.sample(rows)
    assert [row[:4] for row in chosen].count(("BANKING77", "train", "bank", "card")) == 40
    assert [row[:4] for row in chosen].count(("BANKING77", "test", "bank", "card")) == 10
    assert ("CLINC150", "train", "home", "alarm", "wake me") in chosen
    assert all(row[4].startswith(row[1]) for row in chosen if row[0] == "BANKING77")
    assert all("  " not in row[4] for row in chosen)
    for name in "ab":
        pack.write(pack.sample(rows), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
