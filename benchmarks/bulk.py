"""Users a second of `python -m training bulk` on this machine, from start to published tables.

The model is that of section 7 (SASRec, 50 items, 64 dimensions, 2 layers x 4 heads), its weights
untrained: they cost the same. The reference calls the same model and adds up the same sums in a
plain loop in this process, which starts nothing, checks nothing and counts nobody twice. Starting
workers is part of the figure: with few users it is most of it.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import workload
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave, seconds
from training.bulk.checkpoint import Checkpoint, find
from training.bulk.command import Settings, bulk
from training.bulk.inference import AttentionHandler, Example
from training.bulk.sums import GroupSums
from training.config import RunConfig
from training.datasets.ecommerce import PACKED
from training.models.build import build
from training.preprocessing.interactions import Interactions, read_online_retail
from training.run_directory import Progress, RunDirectory

ONE, TWO, LOOP = "1 worker", "2 workers", "a plain loop"
BATCH_SIZE = 256
ROW_GROUP = 1000


def run(quick: bool) -> Result:
    """Measure users a second."""
    count, runs = (1000, 1) if quick else (5000, 3)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        data = read_online_retail(PACKED)
        checkpoint = _untrained(home / "sasrec", data)
        users = _repeated(home / "users.parquet", data, count)
        contenders = [
            Contender(ONE, lambda: _rate(count, lambda: _bulk(checkpoint, users, home, 1))),
            Contender(TWO, lambda: _rate(count, lambda: _bulk(checkpoint, users, home, 2))),
            Contender(LOOP, lambda: _rate(count, lambda: _loop(checkpoint, data, count))),
        ]
        costs = interleave(contenders, runs, warm_ups=0)
    return Result(
        name="bulk",
        what=f"{count} users of Online Retail II, repeated, by country; batches of {BATCH_SIZE}",
        unit="users/s",
        costs=costs,
        ours=ONE,
        reference=LOOP,
        bar=Bar(0.25, "at least", "0.5 of the plain loop's users a second"),
    )


def _untrained(directory: Path, data: Interactions) -> Checkpoint:
    config = RunConfig(model=workload.MODEL)
    home = RunDirectory(directory)
    home.describe(config, data.item_count, None)
    home.name_items(data.item_ids, data.item_titles)
    home.save(build(data.item_count, config.model, config.loss), Progress(1, 1, 0.0))
    return find(directory, None)


def _repeated(path: Path, data: Interactions, count: int) -> Path:
    """Write `count` users with the histories and countries of the real ones, again and again."""
    places = np.arange(count) % len(data.sequences)
    table = pa.table(
        {
            "user": [f"user-{number}" for number in range(count)],
            "history": [data.sequences[place].tolist() for place in places],
            "country": [data.user_attributes[place]["country"] for place in places],
        }
    )
    pq.write_table(table, path, row_group_size=ROW_GROUP)
    return path


def _rate(users: int, work: Callable[[], object]) -> float:
    return users / seconds(work, time.perf_counter)()


def _bulk(checkpoint: Checkpoint, users: Path, home: Path, workers: int) -> None:
    settings = Settings(
        checkpoint,
        str(users),
        home / "out",
        segment_by=("country",),
        batch_size=BATCH_SIZE,
        workers=workers,
    )
    bulk(settings)
    shutil.rmtree(home / "out")


def _loop(checkpoint: Checkpoint, data: Interactions, count: int) -> None:
    handler = AttentionHandler(checkpoint, BATCH_SIZE, top=10)
    model = handler.load_model()
    sums: dict[tuple[str, ...], GroupSums] = {}
    places = np.arange(count) % len(data.sequences)
    for first in range(0, count, BATCH_SIZE):
        batch = [
            Example((data.user_attributes[place]["country"],), data.sequences[place])
            for place in places[first : first + BATCH_SIZE]
        ]
        for result in handler.run_inference(batch, model):
            group = tuple(str(value) for value in result.group)
            sums.setdefault(group, GroupSums(checkpoint.positions)).add(result)
