"""Generates taggings in the schema of HetRec 2011 Last.fm, with structure that is planted.

Nobody here listens to anything. Every artist's name starts with "Synthetic".

Planted, so that a good model can be told from a bad one:
1. Artists have one of eight genres; circles of friends have a main genre, and 60% of what they
   take up is of it.
2. Friends are mostly of the same circle, and a quarter of what a listener takes up is what a
   friend took up before: who attends to neighbours can know it, who does not cannot.
3. Tags are the artist's genre (80%) or any other.
4. One tagging in 300 has a wrong clock, as the real data has.
"""

from __future__ import annotations

import random

import pandas as pd

from training.preprocessing.tables import Table

GENRES = ("rock", "electronic", "jazz", "hip-hop", "folk", "classical", "metal", "pop")
ARTISTS_PER_GENRE = 40
CIRCLE = 8  # listeners who mostly know each other
P_MAIN, P_FRIEND, P_GENRE_TAG, P_WRONG_CLOCK = 0.6, 0.25, 0.8, 1 / 300
_BEGAN_MS = 1_230_768_000_000  # 2009-01-01
_DAY_MS = 86_400_000


def generate(listeners: int = 600, seed: int = 0) -> dict[str, Table]:
    """Return tables `taggings`, `artists`, `tags`, `friends`; the same seed, the same tables."""
    chooser = random.Random(seed)
    friends = _friends(listeners, chooser)
    taken: dict[int, list[int]] = {listener: [] for listener in friends}
    rows = []
    order = [listener for listener in friends for _ in range(chooser.randint(8, 40))]
    chooser.shuffle(order)
    for number, listener in enumerate(order):
        artist = _choose(listener, friends, taken, chooser)
        taken[listener].append(artist)
        time_ms = _BEGAN_MS + number * _DAY_MS // 16
        if chooser.random() < P_WRONG_CLOCK:
            time_ms = -428_720_400_000
        rows.append(
            (f"synthetic-listener-{listener}", 1000 + artist, _tag(artist, chooser), time_ms)
        )
    return {
        "taggings": _table("taggings", rows, "userID artistID tagID timestamp"),
        "artists": _table("artists", _artists(), "id name url pictureURL"),
        "tags": _table("tags", list(enumerate(GENRES)), "tagID tagValue"),
        "friends": _table("friends", _edges(friends), "userID friendID"),
    }


def _table(name: str, rows: list, columns: str) -> Table:  # type: ignore[type-arg]
    return Table(f"synthetic {name}", pd.DataFrame(rows, columns=columns.split()))


def _artists() -> list[tuple[int, str, str, str]]:
    return [
        (
            1000 + number,
            f"Synthetic {GENRES[number // ARTISTS_PER_GENRE]} band {number:03d}",
            "",
            "",
        )
        for number in range(len(GENRES) * ARTISTS_PER_GENRE)
    ]


def _friends(listeners: int, chooser: random.Random) -> dict[int, set[int]]:
    friends: dict[int, set[int]] = {listener: set() for listener in range(1, listeners + 1)}
    for listener in friends:
        first = (listener - 1) // CIRCLE * CIRCLE + 1
        circle = list(range(first, min(first + CIRCLE, listeners + 1)))
        for other in [*chooser.sample(circle, min(3, len(circle))), chooser.randint(1, listeners)]:
            if other != listener:
                friends[listener].add(other)
                friends[other].add(listener)
    return friends


def _edges(friends: dict[int, set[int]]) -> list[tuple[str, str]]:
    return [
        (f"synthetic-listener-{listener}", f"synthetic-listener-{other}")
        for listener, known in friends.items()
        for other in sorted(known)
    ]


def _choose(
    listener: int, friends: dict[int, set[int]], taken: dict[int, list[int]], chooser: random.Random
) -> int:
    heard = [artist for friend in sorted(friends[listener]) for artist in taken[friend][-3:]]
    if heard and chooser.random() < P_FRIEND:
        return chooser.choice(heard)
    main = (listener - 1) // CIRCLE % len(GENRES)
    genre = main if chooser.random() < P_MAIN else chooser.randrange(len(GENRES))
    # Popularity falls with the number: the smaller of two draws.
    place = min(chooser.randrange(ARTISTS_PER_GENRE), chooser.randrange(ARTISTS_PER_GENRE))
    return genre * ARTISTS_PER_GENRE + place


def _tag(artist: int, chooser: random.Random) -> int:
    genre = artist // ARTISTS_PER_GENRE
    return genre if chooser.random() < P_GENRE_TAG else chooser.randrange(len(GENRES))
