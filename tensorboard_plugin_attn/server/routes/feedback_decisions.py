"""`/feedback/decide`, `/feedback/decisions`: whether a run that learned from feedback is accepted.

What a run learned from is read from its hyperparameters, not from the request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.feedback.decision import Decided, Decision
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server.errors import not_found
from tensorboard_plugin_attn.server.feedback import Feedback, disabled
from tensorboard_plugin_attn.server.guard import json_response
from tensorboard_plugin_attn.server.routes.feedback import (
    asked,
    attempts_and_user,
    bad_field,
    check_fields,
    session_of,
)
from tensorboard_plugin_attn.server.routes.runs import Hyperparameters, of_nearest_parent
from tensorboard_plugin_attn.server.writes import Writes, body_of

MOST = 1000
_FIELDS = {"key", "session", "run", "attempt", "decision"}


def feedback_decide_route(
    runs: Runs,
    feedback: Feedback,
    hyperparameters: Callable[[Request], Hyperparameters],
    request: Request,
) -> Response:
    """Answer `/feedback/decide`: store one decision and return it."""
    store = feedback.store()
    body = body_of(request)
    check_fields(body, texts=_FIELDS)
    session = session_of(body)
    decision = _decision(runs, hyperparameters(request), body)
    return json_response(request, _body(asked(lambda: store.decide(decision, session))))


def feedback_decisions_route(
    runs: Runs, feedback: Feedback, writes: Writes, request: Request
) -> Response:
    """Answer `/feedback/decisions`: whether feedback is taken, and what holds of every run."""
    if not feedback.enabled:
        why = disabled().body()["error"]
        body = {"enabled": False, "reason": why, "token": None, "decisions": []}
        return json_response(request, body)
    runs.refresh()
    with runs.locked() as known:
        run_of = {attempt.id: run.name for run in known.values() for attempt in run.attempts}
    holding: dict[str, dict[str, object]] = {}
    for decided in asked(lambda: feedback.store().decided(count=MOST)):
        run = run_of.get(decided.decision.attempt)
        if run is not None and run not in holding:
            holding[run] = _body(decided) | {"run": run}
    return json_response(
        request,
        {
            "enabled": True,
            "reason": None,
            "token": writes.token_for(request),
            "decisions": [holding[run] for run in sorted(holding)],
        },
    )


def _decision(runs: Runs, hyperparameters: Hyperparameters, body: dict[str, Any]) -> Decision:
    """Return the decision in `body`, of a run that has a parent.

    Raises:
      RouteError: a field is wrong, or the log has no such run.
    """
    attempts, _ = attempts_and_user(runs, body["run"], None)
    if body["attempt"] not in attempts:
        raise not_found("attempt", "/timeline lists the attempts of a run.")
    parent = of_nearest_parent(hyperparameters, body["run"]).get("parent")
    if not isinstance(parent, str) or not parent:
        raise not_found("parent", "Only a run that learned from feedback is accepted or undone.")
    try:
        return Decision(
            key=body["key"],
            run=body["run"],
            attempt=body["attempt"],
            parent=parent,
            decision=body["decision"],
        )
    except ValueError as error:
        raise bad_field(str(error)) from error


def _body(decided: Decided) -> dict[str, object]:
    decision = decided.decision
    return {
        "number": decided.number,
        "decided_s": decided.decided_s,
        "key": decision.key,
        "run": decision.run,
        "attempt": decision.attempt,
        "parent": decision.parent,
        "decision": decision.decision,
    }
