"""`key`: makes a key for pseudonyms, so that a user has the same one in several runs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tensorboard_plugin_attn.privacy import KEY_VARIABLE, random_key


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", type=Path, help="where the key goes; must not be there yet")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write a new key that its owner alone can read.

    Raises:
      ValueError: the file is there already, or cannot be written.
    """
    try:
        descriptor = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ValueError(
            f"{options.file} is there already: logs written with it would lose their key. To "
            "rotate, make another file and use it for new logs: users get new pseudonyms in them"
        ) from error
    except OSError as error:
        raise ValueError(
            f"{options.file}: {error.strerror}: give a file that can be made"
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(random_key())
    print(f"export {KEY_VARIABLE}={options.file.resolve()}")
    return 0
