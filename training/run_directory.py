"""Where a run keeps what it is and how far it came, so that it can be resumed and rebuilt.

    <run>/run.json                            what the model is made of: configuration, features
    <run>/items.json                          id and title of each item number
    <run>/checkpoints/epoch_0003.weights.h5   model and optimizer after 3 epochs
    <run>/checkpoints/best.weights.h5         the epoch with the best validation NDCG@10
    <run>/checkpoints/state.json              how far it came; state of the random numbers, which
                                              Keras keeps out of weight files; written last

Weights are HDF5 and the description is JSON: nothing in a run directory is code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.config import RunConfig
from training.models.feature_attention import FeatureSpec

BEST = "best.weights.h5"


@dataclass(frozen=True)
class Progress:
    """How far a training came.

    Attributes:
      epoch: epochs done.
      best_epoch: the one with the best validation NDCG@10.
      best_ndcg: that value.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_ndcg: float = -1.0


class RunDirectory:
    """Reads and writes one run's files.

    Args:
      path: the run's directory; made when something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._checkpoints = path / "checkpoints"

    def describe(
        self,
        config: RunConfig,
        item_count: int,
        spec: FeatureSpec | None,
        source: Mapping[str, Any] | None = None,
    ) -> None:
        """Write what the model is made of, and which data it is trained on, as `source` says."""
        content = {
            "config": config.as_json(),
            "item_count": item_count,
            "features": None if spec is None else asdict(spec),
            "source": dict(source or {}),
        }
        self._write(self.path / "run.json", content)

    def name_items(self, ids: Sequence[str], titles: Sequence[str]) -> None:
        """Write id and title of each item number, padding (0) included."""
        self._write(self.path / "items.json", {"ids": list(ids), "titles": list(titles)})

    def item_names(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Return ids and titles of the item numbers; `None` if the run did not keep them.

        Raises:
          ValueError: the file cannot be read.
        """
        try:
            content = json.loads((self.path / "items.json").read_text(encoding="utf-8"))
            return tuple(content["ids"]), tuple(content["titles"])
        except FileNotFoundError:
            return None
        except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{self.path}/items.json cannot be read: {error!r}") from error

    def description(self) -> tuple[RunConfig, int, FeatureSpec | None]:
        """Return configuration, number of items and features.

        Raises:
          ValueError: this is no run of ours.
        """
        try:
            content = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
            features = content["features"]
            spec = None if features is None else FeatureSpec(**features)
            return RunConfig.from_json(content["config"]), content["item_count"], spec
        except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(
                f"{self.path} is no run that can be read ({type(error).__name__}: {error}): give a "
                "directory that `python -m training` made"
            ) from error

    def source(self) -> dict[str, Any]:
        """Return what `describe` was told of the data; nothing if it was told nothing.

        Raises:
          ValueError: this is no run of ours.
        """
        self.description()
        content = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        return dict(content.get("source", {}))

    def progress(self) -> Progress:
        """Return how far the training came; nowhere if there is no checkpoint."""
        try:
            text = (self._checkpoints / "state.json").read_text(encoding="utf-8")
        except OSError:
            return Progress()
        return Progress(**json.loads(text)["progress"])

    def save(self, model: Any, progress: Progress) -> None:
        """Write a checkpoint of `model`; the best one too if it is the best."""
        self._checkpoints.mkdir(parents=True, exist_ok=True)
        names = [f"epoch_{progress.epoch:04d}.weights.h5"]
        if progress.best_epoch == progress.epoch:
            names.append(BEST)
        for name in names:
            part = self._checkpoints / f"part-{name}"
            model.save_weights(part)
            part.replace(self._checkpoints / name)  # never half a file under its name
        state = {
            "progress": asdict(progress),
            "random": [keras.ops.convert_to_numpy(each).tolist() for each in _random_state(model)],
        }
        self._write(self._checkpoints / "state.json", state)

    def load(self, model: Any, *, best: bool = False) -> None:
        """Put the newest checkpoint into `model`, random numbers included, or the best weights.

        Raises:
          ValueError: there is none.
        """
        progress = self.progress()
        path = self._checkpoints / (BEST if best else f"epoch_{progress.epoch:04d}.weights.h5")
        if not path.exists():
            raise ValueError(f"{self.path} has no checkpoint {path.name}: train it first")
        model.load_weights(path)
        if not best:
            state = json.loads((self._checkpoints / "state.json").read_text(encoding="utf-8"))
            for variable, value in zip(_random_state(model), state["random"], strict=True):
                variable.assign(np.array(value, np.uint32))

    def _write(self, path: Path, content: Mapping[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        part.replace(path)


def _random_state(model: Any) -> list[Any]:
    """Return the variables of the model's seed generators: what is neither weight nor metric."""
    others = {id(each) for each in (*model.weights, *model.metrics_variables)}
    return [each for each in model.variables if id(each) not in others]


def new_run_directory(logdir: Path, name: str) -> Path:
    """Return `logdir/name`, or the first `logdir/name-2`, `-3`... that is not there yet."""
    candidate, number = logdir / name, 1
    while candidate.exists():
        number += 1
        candidate = logdir / f"{name}-{number}"
    return candidate
