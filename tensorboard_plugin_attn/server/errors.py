"""Errors as a client sees them: a status, a code, what happened and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class RouteError(Exception):
    """An answer that is not the one asked for. Codes are listed in docs/http_api.md.

    `message` and `hint` hold no path, no id of a person and no exception's text.
    """

    status: int
    code: str
    message: str
    hint: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, dict[str, str]]:
        """Return the JSON body."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


def bad_parameter(name: str, why: str, hint: str = "") -> RouteError:
    """Return the error for a parameter that is missing, malformed or out of range."""
    return RouteError(400, "bad_parameter", f"Parameter '{name}' {why}.", hint)


def not_found(what: str, hint: str) -> RouteError:
    """Return the error for a run, layer, user or step that is not there."""
    return RouteError(404, f"{what}_not_found", f"There is no such {what}.", hint)


def unavailable() -> RouteError:
    """Return the error for a log that could not be read just now."""
    return RouteError(
        503,
        "unavailable",
        "The log could not be read.",
        "It may have been moved or deleted; try again.",
        {"Retry-After": "1"},
    )
