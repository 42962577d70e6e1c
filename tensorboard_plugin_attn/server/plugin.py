"""The TensorBoard plugin: which store to read, and which routes there are."""

from __future__ import annotations

import logging
import os
import threading
import time
from functools import partial

from tensorboard.plugins import base_plugin

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.provider_store import ProviderStore
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.store import Store
from tensorboard_plugin_attn.server.feedback import Feedback
from tensorboard_plugin_attn.server.guard import Guard, HostAllowList, Route, WsgiApp
from tensorboard_plugin_attn.server.hyperparameters import read_hyperparameters
from tensorboard_plugin_attn.server.loader import resolve_reader
from tensorboard_plugin_attn.server.predictor import RestPredictor
from tensorboard_plugin_attn.server.replay import Replays
from tensorboard_plugin_attn.server.result_cache import ResultCache
from tensorboard_plugin_attn.server.routes.aggregate import aggregate_route
from tensorboard_plugin_attn.server.routes.catalogue import catalogue_route
from tensorboard_plugin_attn.server.routes.compare import compare_route
from tensorboard_plugin_attn.server.routes.computation import computation_route
from tensorboard_plugin_attn.server.routes.contrast import contrast_route
from tensorboard_plugin_attn.server.routes.counterfactual import counterfactual_route
from tensorboard_plugin_attn.server.routes.drift import drift_route
from tensorboard_plugin_attn.server.routes.evidence import evidence_route
from tensorboard_plugin_attn.server.routes.faithfulness import faithfulness_route
from tensorboard_plugin_attn.server.routes.feedback import (
    feedback_route,
    feedback_say_route,
    feedback_undo_route,
)
from tensorboard_plugin_attn.server.routes.feedback_decisions import (
    feedback_decide_route,
    feedback_decisions_route,
)
from tensorboard_plugin_attn.server.routes.frames import frames_route
from tensorboard_plugin_attn.server.routes.head_types import head_types_route
from tensorboard_plugin_attn.server.routes.items import items_route
from tensorboard_plugin_attn.server.routes.measures import measures_route
from tensorboard_plugin_attn.server.routes.models import models_route
from tensorboard_plugin_attn.server.routes.recommendations import recommendations_route
from tensorboard_plugin_attn.server.routes.rollout import rollout_route
from tensorboard_plugin_attn.server.routes.runs import runs_route
from tensorboard_plugin_attn.server.routes.status import status_route
from tensorboard_plugin_attn.server.routes.timeline import timeline_route
from tensorboard_plugin_attn.server.routes.whatif import whatif_attention_route, whatif_route
from tensorboard_plugin_attn.server.static_files import load_static_files
from tensorboard_plugin_attn.server.writes import Writes

logger = logging.getLogger("tensorboard_plugin_attn")

HOSTS_VARIABLE = "ATTN_ALLOWED_HOSTS"
LOOK_EVERY_S = 5.0
FEEDBACK_REQUESTS = 8
MAX_FEEDBACK_BYTES = 16_384


class AttnPlugin(base_plugin.TBPlugin):  # type: ignore[misc]
    """Serves the Attention tab of one TensorBoard."""

    plugin_name = schema.PLUGIN_NAME

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._provider = context.data_provider
        self._runs = Runs(self._choose_store(context))
        self._results = ResultCache()
        self._replays = Replays(self._runs, _predictor(context))
        hosts = HostAllowList(_allowed_hosts(context))
        self._guard = Guard(hosts)
        self._feedback_guard = Guard(hosts, FEEDBACK_REQUESTS)  # its slots: viewing never waits
        self._writes = Writes(MAX_FEEDBACK_BYTES)
        self._feedback = Feedback(bool(getattr(context.flags, "attn_feedback", False)))
        self._static_files = load_static_files()
        self._looked_s = float("-inf")
        self._looking = threading.Lock()

    def get_plugin_apps(self) -> dict[str, WsgiApp]:
        """Return every route, guarded."""
        routes: dict[str, Route] = {
            "/status": partial(status_route, self._runs),
            "/runs": partial(runs_route, self._runs, partial(read_hyperparameters, self._provider)),
            "/catalogue": partial(catalogue_route, self._runs),
            "/timeline": partial(timeline_route, self._runs),
            "/frames": partial(frames_route, self._runs),
            "/recommendations": partial(recommendations_route, self._runs),
            "/measures": partial(measures_route, self._runs),
        }
        computed = {
            "/aggregate": aggregate_route,
            "/compare": compare_route,
            "/drift": drift_route,
            "/head_types": head_types_route,
            "/rollout": rollout_route,
        }
        routes.update(
            (path, partial(route, self._runs, self._results)) for path, route in computed.items()
        )
        replayed = {
            "/computation": computation_route,
            "/contrast": contrast_route,
            "/counterfactual": counterfactual_route,
            "/evidence": evidence_route,
            "/faithfulness": faithfulness_route,
            "/whatif": whatif_route,
            "/whatif_attention": whatif_attention_route,
        }
        routes.update(
            (path, partial(route, self._runs, self._results, self._replays))
            for path, route in replayed.items()
        )
        routes["/models"] = partial(models_route, self._runs)
        routes["/items"] = partial(items_route, self._runs, self._replays)
        routes.update((path, file.route) for path, file in self._static_files.items())
        apps = {path: self._guard(route) for path, route in routes.items()}
        return apps | self._feedback_apps()

    def _feedback_apps(self) -> dict[str, WsgiApp]:
        """Return what is told and what is taken of feedback, in slots of its own."""
        said = partial(feedback_route, self._runs, self._feedback, self._writes)
        say = partial(feedback_say_route, self._runs, self._feedback)
        undo = partial(feedback_undo_route, self._feedback)
        decisions = partial(feedback_decisions_route, self._runs, self._feedback, self._writes)
        hyperparameters = partial(read_hyperparameters, self._provider)
        decide = partial(feedback_decide_route, self._runs, self._feedback, hyperparameters)
        return {
            "/feedback": self._feedback_guard(said),
            "/feedback/decisions": self._feedback_guard(decisions),
            "/feedback/decide": self._feedback_guard(decide, self._writes),
            "/feedback/say": self._feedback_guard(say, self._writes),
            "/feedback/undo": self._feedback_guard(undo, self._writes),
        }

    def is_active(self) -> bool:
        """Tell whether there is attention to show, without reading anything here.

        A thread looks at the files at most every few seconds, because TensorBoard asks often and
        its own loaders may take long over a large log.
        """
        now = time.monotonic()
        if not self._runs.has_data and now - self._looked_s > LOOK_EVERY_S:
            self._looked_s = now
            threading.Thread(target=self._look, name="attn-look", daemon=True).start()
        return self._runs.has_data

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """Return the tab's name and its module."""
        return base_plugin.FrontendMetadata(
            es_module_path="/index.js", tab_name="Attention", disable_reload=True
        )

    def _look(self) -> None:
        if self._looking.acquire(blocking=False):
            try:
                self._runs.refresh()
            finally:
                self._looking.release()

    def _choose_store(self, context: base_plugin.TBContext) -> Store:
        if context.flags is not None and resolve_reader(context.flags) == "provider":
            return ProviderStore(context.data_provider)
        if not context.logdir:
            return ProviderStore(context.data_provider)
        return EventIndex(context.logdir)


def _predictor(context: base_plugin.TBContext) -> RestPredictor | None:
    """Return who is asked for models that are not in the log; a wrong address stops nothing."""
    url = str(getattr(context.flags, "attn_predictor", "") or "")
    try:
        return RestPredictor(url) if url else None
    except ValueError as error:
        logger.warning("attention plugin: --attn_predictor is not used: %s", error)
        return None


def _allowed_hosts(context: base_plugin.TBContext) -> list[str]:
    given = f"{os.environ.get(HOSTS_VARIABLE, '')},{getattr(context.flags, 'host', None) or ''}"
    return f"{given},{getattr(context.flags, 'attn_allowed_hosts', '') or ''}".split(",")
