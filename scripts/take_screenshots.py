"""Takes the screenshots in docs/images: `python scripts/take_screenshots.py [LOGDIR]`.

Without LOGDIR it uses demo/logs, which `make demo ARGS=--no-serve` fills with a real training. The
pictures of the tour show the head and the steps that `scripts/tour_figures.py` finds in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from scripts.small_png import with_few_colours  # noqa: E402
from scripts.tour_figures import USER, story  # noqa: E402
from tests.e2e import feedback_log  # noqa: E402
from tests.e2e.conftest import start_tensorboard  # noqa: E402


def main(logdir: Path, folder: Path) -> int:
    """Let Chromium take the pictures, and put them into `folder` with a palette each."""
    if not logdir.is_dir():
        raise SystemExit(f"{logdir} is not there: run `make demo ARGS=--no-serve` first")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as taken:
        code = take(logdir, Path(taken))
        for picture in sorted(Path(taken).glob("*.png")) if code == 0 else ():
            with_few_colours(picture, folder / picture.name)
    return code


def take(logdir: Path, taken: Path) -> int:
    """Start TensorBoard on `logdir`, on nothing and on a shop, and the browser; return its code."""
    run, _, own, partner, _ = story(logdir)
    user = run.tab.json("/catalogue", run=run.name)["users"][USER]["id"]
    empty = taken / "empty"
    empty.mkdir()
    shop = taken / "shop"
    feedback_log.main(str(shop))  # feedback is shown on an invented shop
    database = {"ATTN_FEEDBACK_URL": f"sqlite:///{taken}/feedback.sqlite3"}
    boards = [
        start_tensorboard(logdir),
        start_tensorboard(empty),
        start_tensorboard(shop, "--attn_feedback", environment=database),
    ]
    try:
        return subprocess.run(
            ["npx", "vitest", "run", "--config", "vitest.e2e.config.ts"],
            cwd=ROOT / "frontend",
            env={
                **os.environ,
                "ATTN_E2E_INCLUDE": "e2e/screenshots.shots.ts",
                "ATTN_SHOTS_ADDRESS": boards[0].address,
                "ATTN_SHOTS_EMPTY": boards[1].address,
                "ATTN_SHOTS_FEEDBACK": boards[2].address,
                "ATTN_SHOTS_FOLDER": str(taken),
                "ATTN_SHOTS_TOUR": json.dumps(
                    {"user": user, "own": asdict(own), "partner": asdict(partner)}
                ),
            },
            check=False,
        ).returncode
    finally:
        for board in boards:
            board.stop()


if __name__ == "__main__":
    sys.exit(
        main(
            Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "demo" / "logs"),
            ROOT / "docs" / "images",
        )
    )
