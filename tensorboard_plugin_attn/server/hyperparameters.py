"""Hyperparameters of each run, from the HParams plugin's own summaries."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from tensorboard import plugin_util
from tensorboard.data import provider as data_provider
from tensorboard.plugins.hparams import metadata
from werkzeug.wrappers import Request

logger = logging.getLogger("tensorboard_plugin_attn")


def read_hyperparameters(
    provider: data_provider.DataProvider | None, request: Request
) -> Mapping[str, Mapping[str, object]]:
    """Return hyperparameters by the run they were logged in; empty if there are none.

    Never raises: they stand beside the attention, which must not fail with them.
    """
    if provider is None:
        return {}
    found: dict[str, dict[str, object]] = {}
    try:
        runs = provider.list_tensors(
            plugin_util.context(request.environ),
            experiment_id=plugin_util.experiment_id(request.environ),
            plugin_name=metadata.PLUGIN_NAME,
        )
        for run, tags in runs.items():
            series = tags.get(metadata.SESSION_START_INFO_TAG)
            if series is not None:
                found[run] = _parse(series.plugin_content)
    except Exception as error:
        logger.warning("hyperparameters cannot be read: %s", type(error).__name__)
    return found


def _parse(content: bytes) -> dict[str, object]:
    info = metadata.parse_session_start_info_plugin_data(content)
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in info.hparams.items()}
