"""`make demo`: train two short SASRec runs on real purchases, then open TensorBoard on them.

The runs differ in one hyperparameter and follow the same customers under the same pseudonyms, so
they can be compared. An earlier demo's runs are kept: new ones get a number.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

START_TIMEOUT_S = 120
END_TIMEOUT_S = 10
EPOCHS = 8  # about 1000 steps a run
DIMENSIONS = (64, 16)  # the hyperparameter in which the runs differ


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, then serve until interrupted."""
    options = parse(arguments)
    if options.clean and options.logdir.exists():
        shutil.rmtree(options.logdir)
    train_runs(options.logdir, quick=options.quick)
    if options.no_serve:
        print(f"\nLook at it with: tensorboard --logdir {options.logdir}")
        return 0
    return serve(options.logdir, free_port(options.port))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer customers and steps")
    parser.add_argument("--no-serve", action="store_true", help="train only")
    parser.add_argument("--logdir", type=Path, default=ROOT / "demo" / "logs")
    parser.add_argument("--port", type=int, default=6006, help="the next free one is taken")
    parser.add_argument("--clean", action="store_true", help="remove earlier runs first")
    return parser.parse_args(arguments)


def train_runs(logdir: Path, *, quick: bool) -> None:
    """Train one run for each of `DIMENSIONS`, sharing one key for the users' pseudonyms."""
    print("Loading TensorFlow...", flush=True)
    from tensorboard_plugin_attn.privacy import random_key
    from training.datasets.dataset import Loading
    from training.run import conclusion, introduction
    from training.scenarios.table import ECOMMERCE
    from training.train import new_run_directory, train

    defaults = ECOMMERCE.defaults
    fit = defaults.quick if quick else replace(defaults.config.fit, epochs=EPOCHS)
    data = ECOMMERCE.load(None, Loading(max_users=fit.max_users))
    print(introduction(data), flush=True)
    privacy = ECOMMERCE.privacy(data, key=random_key())
    for number, dimension in enumerate(DIMENSIONS, start=1):
        name = f"sasrec-d{dimension}"
        directory = new_run_directory(logdir, name)
        print(f"\nRun {number} of {len(DIMENSIONS)}: {directory.name}", flush=True)
        model = replace(defaults.config.model, dimension=dimension)
        config = replace(defaults.config, model=model, fit=fit)
        report = train(
            data.interactions, config, directory, privacy, split=data.split, domain=data.domain
        )
        print(conclusion(report, config, data), flush=True)


def free_port(wanted: int) -> int:
    """Return `wanted`, or the next port that nothing listens on."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise SystemExit(f"no free port between {wanted} and {wanted + 99}")


def serve(logdir: Path, port: int) -> int:
    """Run TensorBoard until interrupted; say where the Attention tab is once it answers."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
    board = subprocess.Popen([*command, "--port", str(port)])
    try:
        wait_until_it_answers(board, f"http://127.0.0.1:{port}/data/plugin/attn/status")
        print(f"\nOpen http://localhost:{port}/#attn\nEnd with Ctrl-C.", flush=True)
        return board.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        end(board)


def end(board: subprocess.Popen[bytes]) -> None:
    """End TensorBoard as Ctrl-C would, so that it ends its data server; kill it if it does not."""
    board.send_signal(signal.SIGINT)
    try:
        board.wait(END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        board.kill()
        board.wait()


def wait_until_it_answers(board: subprocess.Popen[bytes], url: str) -> None:
    """Wait for TensorBoard's first answer.

    Raises:
      SystemExit: it ended, or did not answer in time.
    """
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s:
        if board.poll() is not None:
            raise SystemExit(f"TensorBoard ended with code {board.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("TensorBoard does not answer")


if __name__ == "__main__":
    sys.exit(main())
