"""Customer service: what a customer asks for next, in dialogues built from BANKING77 and CLINC150.

An item is an intent, which stands for the answer a desk would give. What was asked is in
`Interactions.texts`; the texts of held-out turns are of the sources' own test parts.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from training.datasets.dataset import Dataset, Loading, Origin, Words, assemble
from training.datasets.dialogues import build_dialogues
from training.datasets.domain import SAID
from training.preprocessing.columns import Attributes, Columns, DataSpec
from training.preprocessing.preparation import prepare
from training.preprocessing.readers import read_table
from training.preprocessing.tables import Table, TableError, Tables

SAMPLE = Path(__file__).parents[1] / "samples" / "support" / "queries.csv.gz"
DIALOGUES = 3000
ORIGIN = Origin(
    "built",
    "Dialogues built from queries of BANKING77 and CLINC150",
    "Queries: Casanueva et al. (2020), CC BY 4.0; Larson et al. (2019), CC BY 3.0.",
)
WORDS = Words(
    item="answer",
    items="answers",
    user="built dialogue",
    users="built dialogues",
    interaction="query",
    fields={"domain": "domain", "source": "source"},
)
SPEC = DataSpec(
    interactions=Columns("dialogue", "intent", text="text"),
    items=Attributes("intent", title="title", categorical=("domain", "source"), text=("title",)),
    users=Attributes("dialogue", categorical=("dialogue is",)),
)


def load(path: Path | None = None, loading: Loading = Loading()) -> Dataset:  # noqa: B008
    """Return dialogues built from the shipped queries, or those of `path` with the same columns.

    Raises:
      TableError: a column is missing, or an intent has no query in one of the parts.
      ValueError: they are to be split by time, which they do not have.
    """
    table = read_table(path or SAMPLE)
    names = ("source", "part", "domain", "intent", "text")
    queries = pd.DataFrame({name: table.texts(name) for name in names}).dropna()
    queries["intent"] = queries.source + ":" + queries.intent
    _refuse_missing_parts(table.name, queries)
    rows = build_dialogues(queries, DIALOGUES)
    prepared = prepare(_tables(rows, queries), SPEC, loading.split)
    # The built "is built" is for people, who must see it; a model learns nothing from a constant.
    data = replace(prepared, interactions=replace(prepared.interactions, user_columns={}))
    # The shipped queries are public, the dialogues nobody's. Queries of a path may be people's.
    public = {"dialogue is", *([SAID] if path is None else [])}
    data.report.notes.append(f"built from {len(queries)} queries of {table.name}, with seed 0")
    return assemble(
        data,
        loading,
        words=WORDS,
        origin=ORIGIN,
        repeats=True,
        public_attributes=frozenset(public),
    )


def _tables(rows: pd.DataFrame, queries: pd.DataFrame) -> Tables:
    intents = queries.drop_duplicates("intent").reset_index(drop=True)
    words = intents.intent.str.split(":").str[-1].str.replace("_", " ").str.capitalize()
    dialogues = pd.DataFrame({"dialogue": rows.dialogue.unique()})
    dialogues["dialogue is"] = "built, not observed"
    return Tables(
        Table("built dialogues", rows),
        Table("intents", intents.assign(title=words)),
        Table("dialogues", dialogues),
    )


def _refuse_missing_parts(file: str, queries: pd.DataFrame) -> None:
    for part in ("train", "test"):
        missing = set(queries.intent) - set(queries.intent[queries.part == part])
        if missing:
            raise TableError(
                f"{file}, column 'part': intent {min(missing)!r} has no {part} query: "
                "give every intent at least one in train and one in test"
            )
