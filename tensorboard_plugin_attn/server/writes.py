"""Who may change something: this tab, on a page of this server, and nobody who only looks like it.

A page of another origin can send forms and simple requests here without being able to read the
answer; each check below stops one way of it. The size is checked before a byte of the body is read.
"""

from __future__ import annotations

import hmac
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from tensorboard_plugin_attn.server.errors import RouteError

TOKEN_HEADER = "X-Attn-Token"  # noqa: S105 (the header's name)
JSON = "application/json"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Writes:
    """The rules of a route that changes something.

    Args:
      max_body_bytes: the largest body that is read.
    """

    methods: tuple[str, ...] = ("POST",)

    def __init__(self, max_body_bytes: int) -> None:
        self._max_body_bytes = max_body_bytes
        self._token = secrets.token_urlsafe(32)  # of this process: it opens nothing elsewhere

    def token_for(self, request: Request) -> str | None:
        """Return what a write must carry, to a page that is this server's; to others nothing."""
        return None if _is_foreign(request, required=False) else self._token

    def check(self, request: Request) -> None:
        """Raise a `RouteError` unless this tab sent `request`, in the one form that is taken."""
        if _is_foreign(request, required=True):
            raise RouteError(
                403,
                "foreign_origin",
                "This request does not come from this server's own page.",
                "Behind a proxy, have it pass the Host header on unchanged.",
            )
        if request.headers.get("Content-Type") != JSON:
            raise RouteError(415, "not_json", f"The body must be {JSON}.", "")
        length = request.headers.get("Content-Length", "")
        if "Transfer-Encoding" in request.headers or not length.isascii() or not length.isdigit():
            raise RouteError(411, "length_required", "The body's length must be given.", "")
        if len(length) > len(str(self._max_body_bytes)) or int(length) > self._max_body_bytes:
            raise RouteError(
                413, "body_too_large", f"The body has over {self._max_body_bytes} bytes.", ""
            )
        given = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            raise RouteError(
                403,
                "bad_token",
                "The page was loaded before this server was started.",
                "Reload the page.",
            )


def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object in a body whose size was checked.

    Raises:
      RouteError: it is none.
    """
    length = int(request.headers["Content-Length"])
    try:
        body = json.loads(request.stream.read(length))
    except (ValueError, RecursionError) as error:
        raise _bad_body() from error
    if not isinstance(body, dict):
        raise _bad_body()
    return body


def _bad_body() -> RouteError:
    return RouteError(400, "bad_body", "The body is not a JSON object.", "")


def _is_foreign(request: Request, *, required: bool) -> bool:
    """Tell whether a page of another origin sent `request`.

    Args:
      required: an origin must be given. Browsers give none when a page reads from its own server.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site not in ("same-origin", "none") or (origin is None and required):
        return True
    return origin is not None and not _is_own(origin, request.headers.get("Host", ""))


def _is_own(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or not parts.netloc:
        return False
    return parts.netloc.lower().removesuffix(default) == host.lower().removesuffix(default)
