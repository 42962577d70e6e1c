"""What stands before every route: host names, methods, sizes, slots, and errors as answers."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.server.errors import RouteError
from tensorboard_plugin_attn.server.guard import (
    CONCURRENT_REQUESTS,
    MAX_QUERY_BYTES,
    Guard,
    HostAllowList,
    Route,
    WsgiApp,
    host_name,
    json_response,
)
from tests.fixtures.tab import PREFIX, Tab

WRITES = ("/feedback/say", "/feedback/undo", "/feedback/decide")
METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW")


def answer(request: Request) -> Response:
    return json_response(request, {"fine": True})


def client_of(route: Route = answer, *names: str, concurrent: int = 4) -> Client:
    return Client(Guard(HostAllowList(names), concurrent)(route), Response)


def ask(client: Client, host: str | None, **options: object) -> TestResponse:
    environ = {"HTTP_HOST": host} if host is not None else {}
    return client.open("/", environ_overrides=environ, **options)  # type: ignore[arg-type]


ALLOWED = [
    "localhost",
    "localhost:6006",
    "LOCALHOST:6006",
    "localhost.",
    "localhost.:6006",
    "tab.localhost",
    "127.0.0.1",
    "127.0.0.1:6006",
    "127.0.0.1.:6006",
    "10.1.2.3",
    "[::1]",
    "[::1]:6006",
    "[fe80::1%25eth0]:6006",
    "[2001:db8::1]",
    "board.example",
    "board.example:80",
    "BOARD.example.",
    socket.gethostname(),
]
REFUSED = [
    "",
    ":6006",
    ".",
    "evil.example",
    "evil.example:6006",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io",
    "evil-localhost",
    "localhostx",
    "board.example.evil.example",
    "evil.board.example",
    "[evil.example]",
    "[]",
    "2130706433",
    "0x7f000001",
    "127.1",
    "localhost@evil.example",
    "evil.example#localhost",
    "evil.example/localhost",
    "null",
    "*",
    "münchen.example",
]


@pytest.mark.parametrize("host", ALLOWED)
def test_hosts_that_may_ask(host: str) -> None:
    assert ask(client_of(answer, "board.example"), host).status_code == 200


@pytest.mark.parametrize("host", REFUSED)
def test_hosts_that_may_not(host: str) -> None:
    encoded = host.encode().decode("latin-1")
    response = ask(client_of(answer, "board.example"), encoded)
    assert response.status_code == 403
    assert response.json is not None
    assert response.json["error"]["code"] == "host_not_allowed"
    assert not host or host in (".", "*", ":6006") or host not in response.text


def test_a_request_without_a_host_may_not() -> None:
    app = Guard(HostAllowList(()))(answer)
    environ = {"REQUEST_METHOD": "GET", "SERVER_NAME": "x", "SERVER_PORT": "80", "PATH_INFO": "/"}
    statuses: list[str] = []
    list(
        app({**environ, "wsgi.url_scheme": "http"}, lambda status, headers: statuses.append(status))
    )
    assert statuses == ["403 FORBIDDEN"]


@pytest.mark.parametrize("given", ["", "::", "0.0.0.0", " ", "board.example , other"])
def test_odd_flags_open_no_door(given: str) -> None:
    hosts = HostAllowList(given.split(","))
    for host in (":6006", "evil.example", "[]", "."):
        assert not hosts.allows(host), host


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Board.Example:80", "board.example"),
        ("board.example.", "board.example"),
        ("[::1]:80", "::1"),
        ("[::1", "::1"),
        (" localhost ", "localhost"),
        ("", ""),
    ],
)
def test_a_host_header_is_taken_apart(header: str, name: str) -> None:
    assert host_name(header) == name


@pytest.mark.parametrize("method", METHODS)
def test_methods_that_could_change_something_are_refused(method: str) -> None:
    response = ask(client_of(), "localhost", method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


def test_head_is_get_without_a_body() -> None:
    response = ask(client_of(), "localhost", method="HEAD")
    assert (response.status_code, response.data) == (200, b"")


def test_the_host_is_checked_before_the_method() -> None:
    assert ask(client_of(), "evil.example", method="POST").status_code == 403


def test_a_query_up_to_the_limit_is_read_and_no_longer_one() -> None:
    fits = "q=" + "x" * (MAX_QUERY_BYTES - 2)
    assert ask(client_of(), "localhost", query_string=fits).status_code == 200
    response = ask(client_of(), "localhost", query_string=fits + "x")
    assert response.status_code == 414
    assert response.json is not None
    assert response.json["error"]["code"] == "query_too_long"


def test_when_every_slot_is_taken_the_answer_is_503_at_once() -> None:
    entered, leave = threading.Semaphore(0), threading.Event()

    def slow(request: Request) -> Response:
        entered.release()
        assert leave.wait(60)
        return answer(request)

    app = Guard(HostAllowList(()), concurrent=2)(slow)
    answers: list[int] = []

    def one() -> None:
        answers.append(ask(Client(app, Response), "localhost").status_code)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
        assert entered.acquire(timeout=60)
    busy = ask(Client(app, Response), "localhost")
    leave.set()
    for thread in threads:
        thread.join(60)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
    assert busy.json is not None
    assert busy.json["error"]["code"] == "busy"
    assert answers == [200, 200]


def test_a_slot_is_free_again_after_a_failure() -> None:
    calls: list[int] = []

    def fail_once(request: Request) -> Response:
        calls.append(1)
        if len(calls) < 3:
            raise RuntimeError
        return answer(request)

    client = client_of(fail_once, concurrent=1)
    assert [ask(client, "localhost").status_code for _ in range(3)] == [503, 503, 200]


def test_refused_requests_take_no_slot() -> None:
    client = client_of(answer, concurrent=1)
    for _ in range(3):
        assert ask(client, "evil.example").status_code == 403
    assert ask(client, "localhost").status_code == 200


@pytest.mark.parametrize(
    "error", [RuntimeError, KeyError, ValueError, OSError, MemoryError, RecursionError]
)
def test_an_exception_is_503_and_none_of_its_text(
    error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: Request) -> Response:
        raise error("/home/anna/secret raw-user-id")

    response = ask(client_of(fail), "localhost")
    assert response.status_code == 503
    assert response.content_type == "application/json"
    assert response.json is not None
    assert response.json["error"]["code"] == "unavailable"
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "secret" in caplog.text  # the operator is told


def test_a_route_error_is_the_answer_it_says() -> None:
    def fail(request: Request) -> Response:
        raise RouteError(404, "run_not_found", "There is no such run.", "Look.", {"X-Test": "1"})

    response = ask(client_of(fail), "localhost")
    assert response.json == {
        "error": {"code": "run_not_found", "message": "There is no such run.", "hint": "Look."}
    }
    assert response.headers["X-Test"] == "1"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_names_that_are_no_utf_8_are_an_answer() -> None:
    def odd(request: Request) -> Response:
        return json_response(request, {"file": "caf\udce9", "label": "安娜"})

    response = ask(client_of(odd), "localhost")
    assert response.json == {"file": "caf?", "label": "安娜"}


def test_numbers_that_are_no_json_are_never_sent() -> None:
    def wrong(request: Request) -> Response:
        return json_response(request, {"x": float("nan")})

    assert ask(client_of(wrong), "localhost").status_code == 503


def routes_of(tab: Tab) -> dict[str, WsgiApp]:
    return tab.plugin.get_plugin_apps()


def test_every_route_of_the_plugin_is_guarded(tab: Tab) -> None:
    apps = routes_of(tab)
    assert len(apps) >= 8
    for route, app in apps.items():
        writes = route in WRITES
        own = tab.plugin._feedback_guard if route.startswith("/feedback") else tab.plugin._guard
        assert getattr(app, "guarded", None) is own, route
        method, other = ("POST", "GET") if writes else ("GET", "POST")
        assert tab.get(route, method=method, header_Host="evil.example").status_code == 403, route
        assert tab.get(route, method=other).status_code == 405, route
        long = tab.get(route, method=method, q="x" * MAX_QUERY_BYTES)
        assert long.status_code == 414, route


def test_no_route_is_a_wildcard(tab: Tab) -> None:
    assert not [route for route in routes_of(tab) if "*" in route]


ALIASES = ["/status/", "/status%09", "/status;x", "/status%0a", "//status", "/./status"]


@pytest.mark.parametrize("alias", ALIASES)
def test_no_alias_of_a_route_is_unguarded(tab: Tab, alias: str) -> None:
    assert tab.get(alias, header_Host="evil.example").status_code in (403, 404)
    assert tab.get(alias, method="POST").status_code in (404, 405)
    assert tab.get(alias).status_code in (200, 404)


def test_an_experiment_in_the_path_is_guarded_too(tab: Tab) -> None:
    path = f"/experiment/x{PREFIX}/status"
    assert tab.client.get(path).status_code == 200
    assert tab.client.get(path, headers={"Host": "evil.example"}).status_code == 403


def test_flag_and_environment_add_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTN_ALLOWED_HOSTS", "one.example, two.example")
    tab = Tab(tmp_path)
    tab.flags.host = "three.example"
    tab.flags.attn_allowed_hosts = "four.example"
    tab = Tab(tmp_path, tab.flags)
    for name, status in (
        ("one.example", 200),
        ("two.example:80", 200),
        ("three.example", 200),
        ("four.example", 200),
        ("five.example", 403),
    ):
        assert tab.get("/status", header_Host=name).status_code == status, name


def test_there_are_as_many_slots_as_documented() -> None:
    assert CONCURRENT_REQUESTS == 16
