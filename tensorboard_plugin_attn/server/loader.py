"""What TensorBoard imports at start: flags, and how many steps it should keep.

TensorBoard has no try/except around this module, so it imports nothing but `base_plugin`; an
import error here would take all of TensorBoard down. Everything else is imported in `load`.
"""

from __future__ import annotations

import argparse
import logging

from tensorboard.plugins import base_plugin

logger = logging.getLogger("tensorboard_plugin_attn")

KEEP_ALL = 0
DISCOVERY_ONLY = 1


class AttnLoader(base_plugin.TBLoader):  # type: ignore[misc]
    """Loads the Attention plugin."""

    def define_flags(self, parser: argparse.ArgumentParser) -> None:
        """Add the plugin's flags, all called `--attn_...`."""
        group = parser.add_argument_group("attention plugin")
        try:
            group.add_argument(
                "--attn_reader",
                choices=("auto", "index", "provider"),
                default="auto",
                help="How attention is read: 'index' reads local event files directly (fast, every "
                "step), 'provider' asks TensorBoard's data provider (remote log directories), "
                "'auto' chooses. Default: auto.",
            )
            group.add_argument(
                "--attn_samples",
                type=int,
                default=KEEP_ALL,
                metavar="N",
                help="With the data provider: steps TensorBoard keeps per layer; 0 keeps all. "
                "Default: 0.",
            )
            group.add_argument(
                "--attn_allowed_hosts",
                default="",
                metavar="HOSTS",
                help="Comma-separated host names, besides localhost, IP addresses, --host and this "
                "machine's own name, under which a browser may reach the Attention tab.",
            )
            group.add_argument(
                "--attn_predictor",
                default="",
                metavar="URL",
                help="Predict method, in TensorFlow Serving's REST protocol, of the model of runs "
                "whose model is not in the log, such as "
                "http://127.0.0.1:8501/v1/models/NAME:predict.",
            )
        except argparse.ArgumentError as error:
            logger.warning("attention plugin: flags not added: %s", error)

    def fix_flags(self, flags: argparse.Namespace) -> None:
        """Make TensorBoard's loader keep what the chosen reader needs; the user's flag wins.

        TensorBoard keeps 10 of 1000 steps of an unknown plugin. With the index one per tag is
        enough (to know that there is data), and keeps TensorBoard's memory small.
        """
        samples = dict(getattr(flags, "samples_per_plugin", None) or {})
        kept = getattr(flags, "attn_samples", KEEP_ALL)
        if kept < 0:
            raise base_plugin.FlagsError("--attn_samples must be 0 (keep all) or more")
        reads_files = resolve_reader(flags) == "index"
        samples.setdefault("attn", DISCOVERY_ONLY if reads_files else kept)
        flags.samples_per_plugin = samples

    def load(self, context: base_plugin.TBContext) -> base_plugin.TBPlugin:
        """Return the plugin."""
        from tensorboard_plugin_attn.server.plugin import AttnPlugin

        return AttnPlugin(context)


def resolve_reader(flags: argparse.Namespace) -> str:
    """Return `"index"` or `"provider"`: what `--attn_reader` comes down to here."""
    chosen = str(getattr(flags, "attn_reader", "auto") or "auto")
    if chosen != "auto":
        return chosen
    logdir = getattr(flags, "logdir", "") or ""
    return "index" if logdir and "://" not in logdir else "provider"
