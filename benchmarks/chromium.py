"""The browser's side of a benchmark: one Node process, questions and answers as lines of JSON."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

_ROOT = Path(__file__).parents[1]
_CANDIDATES = ("chromium", "chromium-browser", "google-chrome")
PLOTLY = "plotly.js-dist-min@4.1.2"
_INSTALL_TIMEOUT_S = 120


class Chromium:
    """Headless Chromium with the pages a script has opened; closed when left."""

    def __init__(self, script: str) -> None:
        self._script = Path(__file__).parent / "browser" / script
        settings = {"chromium": _executable(), "modules": str(_ROOT / "frontend" / "package.json")}
        self._process = subprocess.Popen(
            ["node", str(self._script), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def ask(self, question: Mapping[str, object], timeout_s: float) -> Any:
        """Return the answer.

        Raises:
          TimeoutError: none came.
          RuntimeError: the browser says what went wrong.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], timeout_s)[0]:
            raise TimeoutError(f"no answer after {timeout_s} s to {question}")
        answer = json.loads(self._process.stdout.readline() or '{"error": "Node ended"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def __enter__(self) -> Chromium:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End Node, which ends Chromium; by force if a page hangs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait(10)
        self._process.stdout.close()


def fetch_plotly(directory: Path) -> Path | None:
    """Install Plotly for this benchmark only; return its script, or `None` without a registry."""
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", PLOTLY]
    try:
        subprocess.run(
            command, cwd=directory, check=True, capture_output=True, timeout=_INSTALL_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        return None
    script = directory / "node_modules" / "plotly.js-dist-min" / "plotly.min.js"
    return script if script.is_file() else None


def _executable() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _CANDIDATES)), None)
    if found is None:
        raise RuntimeError("no Chromium: run `make setup`, or set CHROMIUM to its path")
    return found
