"""A small model, trained for a few steps, and users it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tensorboard_plugin_attn import Privacy
from tests.fixtures.chains import ITEMS, chains
from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.train import train

LENGTH = 8


@dataclass(frozen=True)
class Person:
    """One user of the files, as the oracle sees them."""

    user: str
    items: tuple[int, ...]
    country: str | None
    plan: str

    @property
    def history(self) -> list[str]:
        return [f"i{item}" for item in self.items]


def people(count: int = 90, seed: int = 0) -> list[Person]:
    """Return users with histories of 1 to 14 items, in countries of very different sizes."""
    random = np.random.default_rng(seed)
    countries = ["France", "Spain", "Malta", "Chile", None]
    found = []
    for number in range(count):
        length = int(random.integers(1, 15))
        start = int(random.integers(0, ITEMS - 1))
        items = tuple(int(item) for item in (start + np.arange(length)) % (ITEMS - 1) + 1)
        country = countries[int(random.choice(5, p=[0.5, 0.3, 0.1, 0.05, 0.05]))]
        plan = str(random.choice(["free", "pro"]))
        found.append(Person(f"person-{number}", items, country, plan))
    return found


def write_users(path: Path, rows: list[Person], *, numbers: bool = False) -> Path:
    """Write `rows` as Parquet, with several row groups."""
    histories = [list(row.items) if numbers else row.history for row in rows]
    table = pa.table(
        {
            "user": [row.user for row in rows],
            "history": histories,
            "country": [row.country for row in rows],
            "plan": [row.plan for row in rows],
        }
    )
    pq.write_table(table, path, row_group_size=20)
    return path


def trained(directory: Path, architecture: str) -> Path:
    """Train a small model for a few steps; return its run directory."""
    config = RunConfig(
        model=ModelConfig(LENGTH, 16, heads=2, layers=2, dropout=0.1, architecture=architecture),
        fit=FitConfig(epochs=1, batch_size=16, learning_rate=1e-2),
        logging=LoggingConfig(cohort_size=2, max_overhead=None),
    )
    train(chains(), config, directory, Privacy(key=b"k" * 32), verbose=0)
    return directory


@pytest.fixture(scope="session")
def sasrec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("bulk") / "sasrec", "sasrec")


@pytest.fixture(scope="session")
def bert4rec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("bulk") / "bert4rec", "bert4rec")
