"""MSNBC.com Anonymous Web Data: what kind of page a visitor turns to next; no articles."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from training.datasets.dataset import Dataset, Loading, Origin, Words, assemble, split_again
from training.preprocessing.interactions import Attribute, Interactions
from training.preprocessing.preparation import Prepared
from training.preprocessing.report import DropReport

SAMPLE = Path(__file__).parents[1] / "samples" / "news" / "msnbc.npz"
MIN_CHANGES = 5
ORIGIN = Origin(
    "real",
    "MSNBC.com Anonymous Web Data, 10 000 visits of 1999-09-28",
    "Heckerman, D. (1999), doi:10.24432/C5390X, CC BY 4.0.",
)
WORDS = Words(
    item="article category",
    items="article categories",
    user="visitor",
    users="visitors",
    interaction="page view",
    fields={"section": "section"},
)
# What the site's own short names stand for, and which part of a newspaper they belong to.
CATEGORIES = {
    "frontpage": ("front page", "front"),
    "news": ("news", "news"),
    "tech": ("technology", "business and technology"),
    "local": ("local news", "news"),
    "opinion": ("opinion", "news"),
    "on-air": ("on air, television", "service"),
    "misc": ("miscellaneous", "service"),
    "weather": ("weather", "service"),
    "msn-news": ("MSN news", "news"),
    "health": ("health", "life"),
    "living": ("living", "life"),
    "business": ("business", "business and technology"),
    "msn-sports": ("MSN sports", "sports"),
    "sports": ("sports", "sports"),
    "summary": ("news summary", "news"),
    "bbs": ("bulletin board", "service"),
    "travel": ("travel", "life"),
}


def load(path: Path | None = None, loading: Loading = Loading()) -> Dataset:  # noqa: B008
    """Return visits of the shipped sample, or of `path`, packed by training/samples/news/pack.py.

    Views of one category after the other count as one, because copying the last category would
    be right most of the time; visits with fewer than five views then are left out. There are no
    times, so only `leave_one_out` can split them.

    Raises:
      ValueError: the file was not packed so, or it is to be split by time.
    """
    views, names = _read(path or SAMPLE)
    report = DropReport((path or SAMPLE).name, sum(map(len, views)))
    turned = [visit[np.insert(np.diff(visit) != 0, 0, True)] for visit in views]
    kept = [visit for visit in turned if len(visit) >= MIN_CHANGES]
    report.add("the view before was of the same category", report.rows_read - _count(turned))
    report.add(
        f"fewer than {MIN_CHANGES} views of the visit are left", _count(turned) - _count(kept)
    )
    interactions = _interactions(kept, names)
    data = Prepared(interactions, split_again(interactions, loading.split), report)
    return assemble(data, loading, words=WORDS, origin=ORIGIN, repeats=True)


def _count(visits: list[np.ndarray]) -> int:
    return sum(map(len, visits))


def _read(path: Path) -> tuple[list[np.ndarray], list[str]]:
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path.name} is no .npz file: pack it with training/samples/news/pack.py")
    with np.load(path, allow_pickle=False) as packed:
        try:
            names = packed["category_names"].tobytes().decode().split("\n")
            ends = np.cumsum(packed["views_per_visit"].astype(np.int64))
            categories = packed["category"].astype(np.int32)
        except KeyError as error:
            raise ValueError(
                f"{path.name} has no field {error}: pack it with training/samples/news/pack.py"
            ) from error
    return list(np.split(categories, ends[:-1])), names


def _interactions(visits: list[np.ndarray], names: list[str]) -> Interactions:
    known = [CATEGORIES.get(name, (name, name)) for name in names]
    titles, sections = (["", *column] for column in zip(*known, strict=True))
    return Interactions(
        sequences=visits,
        user_ids=[f"visitor-{number}" for number in range(len(visits))],
        item_ids=["", *names],
        item_titles=titles,
        item_attributes=[{}, *({"section": section} for section in sections[1:])],
        user_attributes=[{} for _ in visits],
        item_columns={"section": Attribute("categorical", _objects([None, *sections[1:]]))},
        item_texts=titles,
    )


def _objects(values: list[str | None]) -> np.ndarray:
    return np.array(values, object)
