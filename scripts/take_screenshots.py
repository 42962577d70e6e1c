"""Takes the screenshots in docs/images: `python scripts/take_screenshots.py [LOGDIR]`.

Without LOGDIR it uses demo/logs, which `make demo ARGS=--no-serve` fills with a real training.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e import feedback_log  # noqa: E402
from tests.e2e.conftest import start_tensorboard  # noqa: E402


def main(logdir: Path, folder: Path) -> int:
    """Start TensorBoard on `logdir` and on an empty directory; let Chromium take the pictures."""
    if not logdir.is_dir():
        raise SystemExit(f"{logdir} is not there: run `make demo ARGS=--no-serve` first")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as made:
        shop = Path(made) / "shop"
        feedback_log.main(str(shop))  # feedback is shown on an invented shop
        database = {"ATTN_FEEDBACK_URL": f"sqlite:///{made}/feedback.sqlite3"}
        boards = [
            start_tensorboard(logdir),
            start_tensorboard(Path(empty)),
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
                    "ATTN_SHOTS_FOLDER": str(folder),
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
