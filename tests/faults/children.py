"""Starts children that log, and are stopped in some way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 120

PREAMBLE = """
import os, signal, sys, threading, time
from pathlib import Path
from tensorboard_plugin_attn import AttentionWriter, QueueLimits
from tests.fixtures.logs import LAYER, attention, cohort

def log(writer, *steps, flush=True):
    for step in steps:
        writer.attention(LAYER, attention(seed=step), step=step, causal=True)
        assert not flush or writer.flush(60)

def new_writer(directory, **options):
    options = {"scalars": False, "alerts": False, **options}  # so that writes can be counted
    return AttentionWriter(directory, cohort=cohort(), **options)

RUN = Path(sys.argv[1])
"""


def start(
    script: str, run: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a child that runs `script` after the preamble; its output is piped."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PREAMBLE + textwrap.dedent(script), str(run)],
        cwd=ROOT,
        env=dict(environment or os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that its own children can be ended with it
    )


def run_child(
    script: str, run: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a child to its end, at most two minutes, and return what it said."""
    child = start(script, run, environment)
    try:
        output, errors = child.communicate(timeout=TIMEOUT_S)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
    return subprocess.CompletedProcess(child.args, child.returncode, output, errors)
