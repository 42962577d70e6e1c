"""Sets the stage for the browser tests: a trained log, running TensorBoards, captured arrays."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 120
CAPTURED_FRAMES = 6
BROWSER_TESTS = ("npx", "vitest", "run", "--config", "vitest.e2e.config.ts")


@dataclass
class TensorBoard:
    """A TensorBoard process and where it answers."""

    process: subprocess.Popen[str]
    address: str

    def stop(self) -> None:
        """End the process and close its pipe; a busy machine may need the hard way."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
        if self.process.stderr:
            self.process.stderr.close()


def start_tensorboard(
    logdir: Path, *flags: str, environment: Mapping[str, str] | None = None
) -> TensorBoard:
    """Start TensorBoard on a free port of this machine and wait until it says where it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), "--port", "0", *flags],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})},
    )
    found: list[str] = []
    ready = threading.Event()

    def read() -> None:
        for line in process.stderr or ():
            if match := re.search(r"http://localhost:(\d+)(/\S*)?", line):
                found.append(f"http://localhost:{match[1]}{match[2] or '/'}")
                ready.set()
        ready.set()

    threading.Thread(target=read, daemon=True).start()
    if not ready.wait(START_TIMEOUT_S) or not found:
        process.kill()
        raise RuntimeError(f"TensorBoard did not start on {logdir.name} with {flags}")
    return TensorBoard(process, found[0])


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a log directory of the quick demo, and the arrays that were captured for it."""
    directory = tmp_path_factory.mktemp("trained")
    logdir, kept, console = directory / "logs", directory / "kept.npz", directory / "console"
    with console.open("w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "tests.e2e.training_run", str(logdir), str(kept)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=600,
        )
    assert done.returncode == 0, console.read_text()[-2000:]
    return logdir, kept


@pytest.fixture(scope="session")
def stage(
    trained: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, object]]:
    """Yield what frontend/e2e/stage.ts describes, with every server running."""
    logdir, kept = trained
    directory = tmp_path_factory.mktemp("stage")
    empty, live, axes = directory / "empty", directory / "live", directory / "axes"
    empty.mkdir()
    live.mkdir()
    for program in ("numpy_target_attention", "numpy_field_attention"):
        snippet = ROOT / "docs" / "guides" / "snippets" / f"{program}.py"
        subprocess.run([sys.executable, str(snippet), str(axes)], cwd=ROOT, check=True, timeout=120)
    shop, database = directory / "shop", directory / "feedback.sqlite3"
    made = [sys.executable, "-m", "tests.e2e.feedback_log", str(shop)]
    subprocess.run(made, cwd=ROOT, check=True, timeout=120)
    live_log = [sys.executable, "-m", "tests.e2e.live_log"]
    boards = [
        start_tensorboard(logdir),
        start_tensorboard(logdir, "--load_fast=false", "--path_prefix=/tb"),
        start_tensorboard(empty),
        start_tensorboard(live, "--reload_interval=1"),
        start_tensorboard(axes),
        start_tensorboard(
            shop, "--attn_feedback", environment={"ATTN_FEEDBACK_URL": f"sqlite:///{database}"}
        ),
        start_tensorboard(shop),
    ]
    try:
        yield {
            "trained": boards[0].address,
            "prefixed": boards[1].address,
            "empty": boards[2].address,
            "live": boards[3].address,
            "axes": boards[4].address,
            "feedback": boards[5].address,
            "feedbackOff": boards[6].address,
            "appendSteps": [*live_log, "append", str(live)],
            "appendLong": [*live_log, "long", str(live)],
            "removeRun": [*live_log, "remove", str(live)],
            "captured": captured_frames(logdir, kept),
            "artefacts": os.environ.get("ATTN_E2E_ARTEFACTS", str(directory)),
        }
    finally:
        for board in boards:
            board.stop()


def captured_frames(logdir: Path, kept: Path) -> list[dict[str, object]]:
    """Return frames spread over runs, layers, steps and users, as the model gave them."""
    with np.load(kept, allow_pickle=False) as arrays:
        names = sorted(arrays.files)
        chosen = [names[place * (len(names) - 1) // 5] for place in range(CAPTURED_FRAMES)]
        return [
            _frame(logdir, name, arrays[name], place) for place, name in enumerate(sorted(chosen))
        ]


def _frame(logdir: Path, name: str, attention: np.ndarray, place: int) -> dict[str, object]:
    directory, layer, step, user = name.split("|")
    head = place % attention.shape[0]
    codes = codec.quantise(attention[head], pb.U8_SQRT)
    return {
        "run": Path(directory).relative_to(logdir).as_posix(),
        "layer": layer,
        "user": int(user),
        "head": head,
        "step": int(step),
        "attention": attention[head].astype(float).tolist(),
        "codes": codes.tolist(),
        "bounds": codec.error_bound(codes, pb.U8_SQRT).tolist(),
    }


@pytest.fixture(scope="session")
def browser_results(
    stage: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Run frontend/e2e in Chromium; return the failure message ('' = passed) by test name."""
    directory = tmp_path_factory.mktemp("browser")
    (directory / "stage.json").write_text(json.dumps(stage))
    report = directory / "report.json"
    subprocess.run(
        [*BROWSER_TESTS, "--reporter=json", f"--outputFile={report}"],
        cwd=ROOT / "frontend",
        env={
            **os.environ,
            "ATTN_E2E_STAGE": str(directory / "stage.json"),
            "PYTHONPATH": str(ROOT),  # the tests start tests.e2e.live_log
        },
        check=False,
        timeout=900,
    )
    tests = [
        test
        for file in json.loads(report.read_text())["testResults"]
        for test in file["assertionResults"]
    ]
    return {
        test["fullName"]: ""
        if test["status"] == "passed"
        else "\n".join(test["failureMessages"]) or test["status"]
        for test in tests
    }
