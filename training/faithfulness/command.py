"""Ask of a trained run which method says what its recommendations rest on (SASRec, BERT4Rec)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from tensorboard_plugin_attn.portable.sequence_model import SequenceModel
from training.arguments import positive
from training.faithfulness.study import study
from training.models.build import rebuild
from training.models.portable import portable
from training.preprocessing.splitting import leave_one_out
from training.run_directory import RunDirectory
from training.scenarios import ecommerce

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "faithfulness.json"
LEAST_HISTORY = 20  # shorter ones leave little to order once the newest item is set aside


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's settings to `parser`."""
    parser.formatter_class = argparse.ArgumentDefaultsHelpFormatter
    parser.add_argument("run", type=Path, help="a directory that `python -m training` made")
    parser.add_argument("--users", type=positive, default=300, help="held-out users to ask about")
    parser.add_argument("--seed", type=int, default=0, help="of which users")
    parser.add_argument("--output", type=Path, default=RESULT, help="the result file")


def run(options: argparse.Namespace) -> int:
    """Measure, print the table, write the result; return 0.

    Raises:
      ValueError: the run cannot be read, is of another data set, or cannot be replayed.
    """
    config, item_count, features = RunDirectory(options.run).description()
    if features is not None:
        raise ValueError("feature_attention is not a sequence model: choose another run")
    data = ecommerce.data()
    if data.item_count != item_count:
        raise ValueError("this run is not of the e-commerce scenario, whose users are asked about")
    layers = [f"block_{number}/attention" for number in range(config.model.layers)]
    model = SequenceModel(*portable(rebuild(options.run), layers))
    histories = _histories(leave_one_out(data.sequences).test_histories, options)
    found = study(model, histories, _progress)
    progress = RunDirectory(options.run).progress()
    share = 100 * found.single_deletions / found.users
    text = (
        f"{found.users} users with {LEAST_HISTORY} items or more, the best of {progress.epoch} "
        f"epochs (validation NDCG@10 {progress.best_ndcg:.4f}); mean ± standard error.\n"
        f"For {share:.0f}% of them one item suffices: without it another would be first."
    )
    print(f"\n{found.table()}\n\n{text}")
    content = {
        "model": config.model.architecture,
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch,
        "best_ndcg": progress.best_ndcg,
        **found.as_json(),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"Written to {options.output}")
    return 0


def _histories(histories: list[np.ndarray], options: argparse.Namespace) -> list[list[int]]:
    long = [each.tolist() for each in histories if len(each) >= LEAST_HISTORY]
    chosen = np.random.default_rng(options.seed).permutation(len(long))[: options.users]
    return [long[number] for number in chosen]


def _progress(done: int) -> None:
    if done % 10 == 0:
        print(f"\r{done} users", end="", file=sys.stderr, flush=True)
