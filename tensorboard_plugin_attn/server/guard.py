"""One wrapper around every route: who may ask, how, and that an error is an answer.

TensorBoard checks no Host, no method and no size, and starts a thread per connection. A browser
that was tricked into resolving a foreign name to this machine (DNS rebinding) passes every check
but the Host allow-list, so that one stands before everything else.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from tensorboard.backend import http_util
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.server.errors import RouteError, unavailable

logger = logging.getLogger("tensorboard_plugin_attn")

Route = Callable[[Request], Response]
WsgiApp = Callable[..., Iterable[bytes]]

MAX_QUERY_BYTES = 16_384
CONCURRENT_REQUESTS = 16
METHODS = ("GET", "HEAD")


def host_name(host_header: str) -> str:
    """Return the name in a Host header, without port, brackets and trailing dot, lower case."""
    host = host_header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


class HostAllowList:
    """Host names that requests may carry.

    Any IP address is allowed (a rebound request carries a name), and localhost, this machine's
    own names, TensorBoard's `--host`, and what the operator added.
    """

    def __init__(self, names: Iterable[str]) -> None:
        own = {"localhost", socket.gethostname(), socket.getfqdn()}
        given = {name.strip() for name in names}
        self._names = {host_name(name) for name in own | given} - {""}

    def allows(self, host_header: str | None) -> bool:
        """Tell whether a request with this Host header may be answered."""
        if not host_header:
            return False
        name = host_name(host_header)
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


class Rules(Protocol):
    """What a request must be besides coming from an allowed host."""

    methods: tuple[str, ...]

    def check(self, request: Request) -> None:
        """Raise a `RouteError` unless `request` may go on."""


class Reads:
    """The rules of a route that changes nothing."""

    methods: tuple[str, ...] = METHODS

    def check(self, request: Request) -> None:
        """Let everything through: anyone who may ask may read."""


READS = Reads()


class Guard:
    """Makes WSGI applications of routes; those it makes share its slots."""

    def __init__(self, hosts: HostAllowList, concurrent: int = CONCURRENT_REQUESTS) -> None:
        self._hosts = hosts
        self._slots = threading.BoundedSemaphore(concurrent)

    def __call__(self, route: Route, rules: Rules = READS) -> WsgiApp:
        """Return `route` behind every check."""

        @Request.application
        def application(request: Request) -> Response:
            try:
                self._check(request, rules)
                return self._in_slot(route, request)
            except RouteError as error:
                return error_response(request, error)
            except Exception:
                # The client learns that it failed, the operator why; never a 500 with a trace.
                logger.exception("attention plugin: %s failed", route)
                return error_response(request, unavailable())

        application.guarded = self  # type: ignore[attr-defined]
        return application

    def _check(self, request: Request, rules: Rules) -> None:
        if not self._hosts.allows(request.environ.get("HTTP_HOST")):
            raise RouteError(
                403,
                "host_not_allowed",
                "This host name is not allowed.",
                "Start TensorBoard with --attn_allowed_hosts=NAME if you trust it.",
            )
        if request.method not in rules.methods:
            allowed = ", ".join(rules.methods)
            raise RouteError(405, "method_not_allowed", f"Only {allowed}.", "", {"Allow": allowed})
        if len(request.query_string) > MAX_QUERY_BYTES:
            raise RouteError(
                414, "query_too_long", "The query is too long.", "Ask for ranges: steps=100-199."
            )
        rules.check(request)

    def _in_slot(self, route: Route, request: Request) -> Response:
        if not self._slots.acquire(blocking=False):
            raise RouteError(
                503, "busy", "Too many requests at once.", "Try again.", {"Retry-After": "1"}
            )
        try:
            return route(request)
        finally:
            self._slots.release()


def json_response(request: Request, body: object, status: int = 200) -> Response:
    """Return `body` as JSON that is never cached, with TensorBoard's security headers."""
    text = json.dumps(body, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    data = text.encode("utf-8", "replace")  # names of files need not be UTF-8
    response: Response = http_util.Respond(request, data, "application/json", code=status)
    return response


def error_response(request: Request, error: RouteError) -> Response:
    """Return `error` as JSON."""
    response = json_response(request, error.body(), error.status)
    response.headers.update(error.headers)
    return response
