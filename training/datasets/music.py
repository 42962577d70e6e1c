"""Music: which artist a listener takes to next, in the schema of HetRec 2011 Last.fm, from a path.

Last.fm's data is not shipped: it is for non-commercial use. Without a path, a generated sample in
its schema takes its place, and is called synthetic wherever it is shown.

HetRec has no times of listening. The only events with a time are tags, so a listener's history is
when they first tagged an artist; how often they played it is kept as a number.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from training.datasets.dataset import Dataset, Loading, Origin, Words, assemble
from training.datasets.music_sample import generate
from training.preprocessing.columns import Attributes, Columns, DataSpec, SocialEdges
from training.preprocessing.preparation import SplitKind, prepare
from training.preprocessing.readers import read_table
from training.preprocessing.rules import before
from training.preprocessing.tables import Table, Tables

FILES = {
    "taggings": "user_taggedartists-timestamps.dat",
    "artists": "artists.dat",
    "tags": "tags.dat",
    "friends": "user_friends.dat",
}
LAST_FM_BEGAN_S = pd.Timestamp("2002-01-01", tz="UTC").timestamp()
TAGS = 3  # of an artist: those given most often
REAL = Origin(
    "real",
    "HetRec 2011 Last.fm, from your path",
    "Cantador et al. (2011); Last.fm's terms: non-commercial, not passed on.",
)
SYNTHETIC = Origin(
    "synthetic", "Generated taggings in the schema of HetRec Last.fm", "No real listener or artist."
)
WORDS = Words(
    item="artist",
    items="artists",
    user="listener",
    users="listeners",
    interaction="tagging",
    fields={"tags": "tag", "friends": "number of friends"},
    neighbour="friend",
)
SPEC = DataSpec(
    interactions=Columns("userID", "artistID", "time_s", numeric=("time_s",)),
    items=Attributes("id", title="name", multiple=("tags",), text=("name", "tag text")),
    users=Attributes("userID", numeric=("friends",)),
    social=SocialEdges("userID", "friendID"),
    rules=(before("time_s", LAST_FM_BEGAN_S, "before 2002, when Last.fm began: a wrong clock"),),
    first_only=True,
    min_interactions=3,
)


def load(path: Path | None = None, loading: Loading = Loading()) -> Dataset:  # noqa: B008
    """Return taggings of HetRec Last.fm in the directory `path`, or of a generated sample.

    Raises:
      TableError: a file or a column is missing.
    """
    raw = generate() if path is None else _read(path)
    return assemble(
        prepare(_tables(raw, loading.split), SPEC, loading.split),
        loading,
        words=WORDS,
        origin=SYNTHETIC if path is None else REAL,
        # Of made-up listeners everything may be written.
        public_attributes=frozenset({"friends"} if path is None else ()),
    )


def _read(path: Path) -> dict[str, Table]:
    # tags.dat of the published archive is not UTF-8.
    encodings = {"tags": "latin-1"}
    return {
        name: read_table(path / file, separator="\t", encoding=encodings.get(name, "utf-8"))
        for name, file in FILES.items()
    }


def _tables(raw: dict[str, Table], split: SplitKind) -> Tables:
    taggings, friends = raw["taggings"], raw["friends"]
    milliseconds = taggings.numbers("timestamp")
    events = taggings.frame.assign(time_s=milliseconds / 1000)
    count = friends.texts("userID").value_counts()
    users = pd.DataFrame({"userID": taggings.texts("userID").dropna().unique()})
    users["friends"] = users.userID.map(count).fillna(0)
    interactions = Table(taggings.name, events, taggings.types)
    return Tables(
        interactions=interactions,
        items=_artists(raw["artists"], _training_taggings(interactions, split), raw["tags"]),
        users=Table(friends.name, users),
        social=friends,
    )


def _training_taggings(taggings: Table, split: SplitKind) -> Table:
    """Return the taggings of training interactions only.

    An artist's tags come from the same events as the histories: those of a held-out interaction
    would describe the artist by what is to be predicted.
    """
    alone = replace(SPEC, items=None, users=None, social=None)
    prepared = prepare(Tables(taggings), alone, split)
    data, lengths = prepared.interactions, prepared.split.training_lengths
    pairs = {
        (user, data.item_ids[item])
        for user, items, length in zip(
            data.user_ids, data.sequences, lengths(len(data.user_ids)), strict=True
        )
        for item in items[:length]
    }
    named = zip(taggings.texts("userID"), taggings.texts("artistID"), strict=True)
    is_training = [pair in pairs for pair in named]
    return Table(taggings.name, taggings.frame[is_training].reset_index(drop=True), taggings.types)


def _artists(artists: Table, taggings: Table, tags: Table) -> Table:
    """Return the artists with the tags that are most frequent in `taggings`."""
    words = dict(zip(tags.texts("tagID"), tags.texts("tagValue"), strict=True))
    given = pd.DataFrame({"artist": taggings.texts("artistID"), "tag": taggings.texts("tagID")})
    given["tag"] = given.tag.map(words)
    counts = given.dropna().value_counts(["artist", "tag"], sort=False).reset_index(name="count")
    counts = counts.sort_values(["artist", "count", "tag"], ascending=[True, False, True])
    top = counts.groupby("artist").tag.agg(lambda column: tuple(column.iloc[:TAGS])).to_dict()
    ids = artists.texts("id")
    chosen = pd.Series([top.get(name, ()) for name in ids], dtype=object)
    frame = artists.frame.assign(**{"tags": chosen, "tag text": chosen})
    return Table(artists.name, frame)
