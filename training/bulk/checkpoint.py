"""The saved model of a bulk run: which weights, of what shape, and what its items are called.

It reads a run directory of `python -m training` (JSON and HDF5); no code is loaded from it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from training.config import RunConfig
from training.run_directory import BEST, RunDirectory

ARCHITECTURES = ("sasrec", "bert4rec")


@dataclass(frozen=True)
class Checkpoint:
    """One set of weights and what it takes to use them.

    Attributes:
      config: of the run that trained it.
      item_count: number of items, padding (0) included.
      weights: the HDF5 file; workers must see it under the same path.
      epoch: after which they were saved.
      item_ids: id of each item number, from 0 (padding) on; `None`: the run did not keep them.
      item_titles: likewise.
      sha256: of the weights file.
    """

    config: RunConfig
    item_count: int
    weights: Path
    epoch: int
    item_ids: tuple[str, ...] | None
    item_titles: tuple[str, ...] | None
    sha256: str

    @property
    def positions(self) -> int:
        """Return how many places the attention has: newest items, or those and a mask."""
        return self.config.model.history_length

    def tokens(self, items: int) -> int:
        """Return how many places are real for a history of `items`: BERT4Rec adds its mask."""
        mask = self.config.model.architecture == "bert4rec"
        return min(self.positions, items + mask)


def find(run: Path | None, checkpoint: Path | None) -> Checkpoint:
    """Return the best weights of `run`, or those that `checkpoint` names.

    Args:
      run: a run directory.
      checkpoint: a run's `checkpoints` directory (its newest epoch) or one weights file in it.

    Raises:
      ValueError: there are no such weights, or the model is none of `ARCHITECTURES`.
    """
    if run is not None:
        return _described(run, run / "checkpoints" / BEST)
    if checkpoint is None:
        raise ValueError("no model: give --run or --checkpoint")
    if checkpoint.is_dir():
        home = RunDirectory(checkpoint.parent)
        newest = f"epoch_{home.progress().epoch:04d}.weights.h5"
        return _described(checkpoint.parent, checkpoint / newest)
    return _described(checkpoint.parent.parent, checkpoint)


def _described(run: Path, weights: Path) -> Checkpoint:
    directory = RunDirectory(run)
    config, item_count, _ = directory.description()
    if config.model.architecture not in ARCHITECTURES:
        raise ValueError(
            f"{run} is a {config.model.architecture}: bulk runs {' and '.join(ARCHITECTURES)}, "
            "whose attention is over the history alone"
        )
    if not weights.is_file():
        raise ValueError(f"{run} has no weights {weights.name}: train it first, or name a file")
    ids, titles = directory.item_names() or (None, None)
    if ids is not None and len(ids) != item_count:
        raise ValueError(f"{run}: items.json names {len(ids)} items, the model has {item_count}")
    return Checkpoint(
        config=config,
        item_count=item_count,
        weights=weights.absolute(),
        epoch=_epoch(directory, weights),
        item_ids=ids,
        item_titles=titles,
        sha256=hashlib.sha256(weights.read_bytes()).hexdigest(),
    )


def _epoch(directory: RunDirectory, weights: Path) -> int:
    """Return the epoch after which `weights` were saved."""
    if weights.name == BEST:
        return directory.progress().best_epoch
    digits = weights.name.removeprefix("epoch_").partition(".")[0]
    return int(digits) if digits.isdigit() else directory.progress().epoch


def provenance(checkpoint: Checkpoint) -> dict[str, str]:
    """Return what a result says of where it comes from; nothing of it is about a person."""
    return {
        "architecture": checkpoint.config.model.architecture,
        "weights": f"{checkpoint.weights.parent.parent.name}/{checkpoint.weights.name}",
        "weights_sha256": checkpoint.sha256,
        "epoch": str(checkpoint.epoch),
        "config": json.dumps(checkpoint.config.as_json(), sort_keys=True),
    }
