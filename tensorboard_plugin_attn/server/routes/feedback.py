"""`/feedback`, `/feedback/say`, `/feedback/undo`: what was said of recommendations.

A verdict names what was on the screen. Whether that is in the log is checked here, and the user's
pseudonym is taken from the log, not from the request.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from typing import Any, TypeVar

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.feedback.errors import (
    ConflictError,
    LimitError,
    OutdatedError,
    UnavailableError,
)
from tensorboard_plugin_attn.feedback.verdict import KINDS, Stored, Verdict
from tensorboard_plugin_attn.reading import store as log
from tensorboard_plugin_attn.reading.catalogue import unnamed_users
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.errors import (
    RouteError,
    bad_parameter,
    not_found,
    unavailable,
)
from tensorboard_plugin_attn.server.feedback import Feedback, disabled
from tensorboard_plugin_attn.server.guard import json_response
from tensorboard_plugin_attn.server.writes import Writes, body_of

T = TypeVar("T")

PAGE = 200
_SESSION = re.compile(r"[0-9A-Za-z_-]{16,64}", re.ASCII)
_TEXTS = {"key", "session", "kind", "run", "attempt", "item"}
_NUMBERS = {"step", "user"}
_OPTIONAL = {"evidence", "shown", "note"}


def feedback_route(runs: Runs, feedback: Feedback, writes: Writes, request: Request) -> Response:
    """Answer `/feedback`: whether it is taken, and what was said of one run."""
    if not feedback.enabled:
        why = disabled().body()["error"]
        body = {"enabled": False, "reason": why, "token": None, "verdicts": [], "next": None}
        return json_response(request, body)
    name = parameters.text(request, "run")
    kind = request.args.get("kind")
    if kind is not None and kind not in KINDS:
        raise bad_parameter("kind", f"must be one of {', '.join(KINDS)}")
    user = parameters.number(request, "user") if "user" in request.args else None
    before = parameters.number(request, "before") if "before" in request.args else None
    attempts, pseudonym = attempts_and_user(runs, name, user)
    found = asked(
        lambda: feedback.store().read(
            attempts=attempts, user=pseudonym, kind=kind, before=before, count=PAGE
        )
    )
    return json_response(
        request,
        {
            "enabled": True,
            "reason": None,
            "token": writes.token_for(request),
            "verdicts": [_body(stored) for stored in found],
            "next": found[-1].number if len(found) == PAGE else None,
        },
    )


def feedback_say_route(runs: Runs, feedback: Feedback, request: Request) -> Response:
    """Answer `/feedback/say`: store one verdict and return it."""
    store = feedback.store()
    body = body_of(request)
    verdict, session = _verdict(runs, body), session_of(body)
    return json_response(request, _body(asked(lambda: store.say(verdict, session))))


def feedback_undo_route(feedback: Feedback, request: Request) -> Response:
    """Answer `/feedback/undo`: take one verdict back and return it."""
    store = feedback.store()
    key = body_of(request).get("key")
    if not isinstance(key, str):
        raise bad_field("key: must be text")
    stored = asked(lambda: store.undo(key))
    if stored is None:
        raise not_found("verdict", "It may have been purged.")
    return json_response(request, _body(stored))


def _verdict(runs: Runs, body: dict[str, Any]) -> Verdict:
    """Return the verdict in `body`, of what really is in the log.

    Raises:
      RouteError: a field is missing, unknown or wrong, or the log has no such thing.
    """
    check_fields(body, texts=_TEXTS, numbers=_NUMBERS, optional=_OPTIONAL)
    shown = body.get("shown", [])
    if not isinstance(shown, list):
        raise bad_field("shown: must be a list")
    index = body["user"]
    attempts, pseudonym = attempts_and_user(runs, body["run"], index)
    if body["attempt"] not in attempts:
        raise not_found("attempt", "/timeline lists the attempts of a run.")
    if body["item"] not in _item_ids(runs, body["run"]):
        raise not_found("item", "/catalogue lists the items.")
    texts = {name: body[name] for name in ("key", "kind", "run", "attempt", "item")}
    extra = {name: body[name] for name in ("evidence", "note") if name in body}
    try:
        return Verdict(
            **texts,
            **extra,
            step=body["step"],
            user=pseudonym or f"user-{index + 1}",
            user_index=index,
            shown=tuple(shown),
        )
    except (ValueError, TypeError) as error:
        raise bad_field(str(error)) from error


def session_of(body: dict[str, Any]) -> str:
    """Return a hash of the browser session that `body` names."""
    session = body["session"]
    if not isinstance(session, str) or not _SESSION.fullmatch(session):
        raise bad_field("session: must be 16 to 64 letters, digits, - or _")
    return hashlib.sha256(session.encode()).hexdigest()[:32]


def attempts_and_user(runs: Runs, name: object, index: int | None) -> tuple[list[str], str | None]:
    """Return the ids of a run's attempts, and its user's pseudonym."""
    if not isinstance(name, str):
        raise bad_field("run: must be text")
    runs.refresh()
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        attempts = [attempt.id for attempt in run.attempts]
        size = parameters.cohort_size(runs, run)
    if index is None:
        return attempts, None
    if not 0 <= index < size:
        raise not_found("user", "/catalogue lists the cohort's users.")
    users = _catalogue(runs, name).users or unnamed_users(size)
    return attempts, users[index].id or f"user-{index + 1}"


def _item_ids(runs: Runs, name: str) -> set[str]:
    return {item.id for item in _catalogue(runs, name).items}


def _catalogue(runs: Runs, name: str) -> Any:
    try:
        return runs.catalogue(name)
    except (log.UnavailableError, KeyError) as error:
        raise unavailable() from error


def asked(work: Callable[[], T]) -> T:
    """Return what the store answers, or its refusal as an answer."""
    try:
        return work()
    except ConflictError as error:
        raise RouteError(409, "key_taken", "Another verdict has this key.", "Try again.") from error
    except LimitError as error:
        raise RouteError(
            429, "too_much_feedback", "Too much feedback.", str(error), {"Retry-After": "60"}
        ) from error
    except OutdatedError as error:
        raise _unavailable(str(error)) from error
    except UnavailableError as error:
        raise _unavailable("Try again; what was said with the same key is stored once.") from error


def _unavailable(hint: str) -> RouteError:
    message = "The feedback database does not answer."
    return RouteError(503, "feedback_unavailable", message, hint, {"Retry-After": "2"})


def check_fields(
    body: dict[str, Any],
    *,
    texts: AbstractSet[str],
    numbers: AbstractSet[str] = frozenset(),
    optional: AbstractSet[str] = frozenset(),
) -> None:
    """Refuse a body that lacks a field, has one too many, or one of another type.

    Args:
      body: of the request.
      texts: fields that must be text.
      numbers: fields that must be whole numbers.
      optional: fields that may be there, of types that are looked at elsewhere.

    Raises:
      RouteError: it is such a body; the message names the field.
    """
    if missing := sorted((texts | numbers) - set(body)):
        raise bad_field(f"{missing[0]}: is missing")
    if unknown := sorted(set(body) - texts - numbers - optional):
        raise bad_field(f"{unknown[0]}: is not known")
    for name in sorted(texts):
        if not isinstance(body[name], str):
            raise bad_field(f"{name}: must be text")
    for name in sorted(numbers):
        if type(body[name]) is not int:
            raise bad_field(f"{name}: must be a whole number")


def bad_field(why: str) -> RouteError:
    """Return the error for a field of a body that is missing, unknown or wrong."""
    return RouteError(400, "bad_field", f"{why}.", "")


def _body(stored: Stored) -> dict[str, object]:
    verdict = asdict(stored.verdict)
    verdict["user"] = verdict.pop("user_index")
    return {
        "number": stored.number,
        "said_s": stored.said_s,
        "undone_s": stored.undone_s,
        **verdict,
    }
