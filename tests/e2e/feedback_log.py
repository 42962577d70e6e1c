"""Writes a run, and one that says it learned from feedback on it: random models in full.

Run as `python -m tests.e2e.feedback_log LOGDIR`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.hparams import summary as hparams
from tensorboard.plugins.scalar import summary as scalar
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tensorboard_plugin_attn import AttentionWriter, Cohort, Item, Privacy, User
from tensorboard_plugin_attn.analysis import explain
from tensorboard_plugin_attn.logging import UserRecommendations
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.portable.sequence_model import SequenceModel
from tests.fixtures.logs import KEY
from tests.fixtures.portable_logs import HISTORIES, LAYERS, VOCABULARY
from tests.fixtures.portable_models import ITEMS, portable_model

TOP = 5
TITLES = ["", "Red mug", "Tea tray", "Glass jar", "Blue plate", "Candle", "Lunch bag"]
TITLES += ["Jumbo bag", "Paper chain", "Cake tin", "Door mat", "Wall clock"]
LEARNED = {"dimension": 8, "parent": "shop", "feedback_verdicts": 4, "feedback_guard": "kept"}


def cohort() -> Cohort:
    """Return the users, with titles a person can read."""
    items = {f"i{number}": Item(f"i{number}", TITLES[number]) for number in range(1, ITEMS)}
    users = [
        User(f"person {place}", [f"i{item}" for item in history], "i8")
        for place, history in enumerate(HISTORIES)
    ]
    return Cohort(users, items)


def listed(model: SequenceModel, history: list[int]) -> UserRecommendations:
    """Return the model's list, what is in the history left out."""
    scores = model.predict(history, [Edit()])[0]
    seen = np.zeros(len(scores), bool)
    seen[[0, *history]] = True
    best = explain.best(scores, seen, TOP)
    return UserRecommendations([f"i{n}" for n in best], [float(scores[n]) for n in best])


def write_run(directory: Path, steps: dict[int, int]) -> None:
    """Write the model of a seed at each of `steps` with all it shows."""
    with AttentionWriter(directory, cohort=cohort(), privacy=Privacy(key=KEY)) as writer:
        for step, seed in steps.items():
            model = portable_model(seed=seed)
            stages = [model.stages(model.inputs(history, [Edit()])) for history in HISTORIES]
            for number, layer in enumerate(LAYERS):
                attention = [user[number].attention[0] for user in stages]
                writer.attention(layer, attention, step=step, layer_index=number, causal=True)
            writer.recommendations([listed(model, list(h)) for h in HISTORIES], step=step)
            writer.portable_model(model.description, model.tensors, items=VOCABULARY, step=step)
        assert writer.flush()


def write_scalars(directory: Path, values: dict[str, object], step: int) -> None:
    """Write hyperparameters, and what the training says of the feedback."""
    writer = EventFileWriter(str(directory))
    summaries = [("", hparams.session_start_pb(values))]
    if "parent" in values:
        told = {"feedback/satisfied": 0.75, "feedback/NDCG@10": 0.21}
        summaries += [(tag, scalar.pb(tag, value)) for tag, value in told.items()]
    for tag, made in summaries:  # of TensorFlow's own class, where TensorFlow is installed
        summary = summary_pb2.Summary.FromString(made.SerializeToString())
        summary.value[0].tag = tag or summary.value[0].tag  # as tf.summary writes it
        writer.add_event(event_pb2.Event(step=step, wall_time=1e9, summary=summary))
    writer.close()


def main(logdir: str) -> None:
    root = Path(logdir)
    write_run(root / "shop" / "attention", {1: 1, 2: 2, 3: 3})
    write_scalars(root / "shop", {"dimension": 8}, 3)
    write_run(root / "shop-feedback" / "attention", {4: 4, 5: 5})
    write_scalars(root / "shop-feedback", LEARNED, 5)


if __name__ == "__main__":
    main(*sys.argv[1:])
