"""`python -m tensorboard_plugin_attn`: what is done with a log or its feedback outside the tab."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    from tensorboard_plugin_attn import key_command
    from tensorboard_plugin_attn.doctor import command as doctor
    from tensorboard_plugin_attn.feedback import command as feedback

    parser = argparse.ArgumentParser(prog="python -m tensorboard_plugin_attn", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    doctor.add_arguments(commands)
    key = commands.add_parser("key", help=key_command.__doc__, description=key_command.__doc__)
    key_command.add_arguments(key)
    about = commands.add_parser("feedback", help=feedback.__doc__, description=feedback.__doc__)
    feedback.add_arguments(about)
    about.set_defaults(run=feedback.run)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        return code
    except ValueError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
