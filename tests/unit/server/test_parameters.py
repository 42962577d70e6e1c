"""Query parameters to values, or a 400 that names the parameter."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.errors import RouteError
from tensorboard_plugin_attn.server.parameters import MAX_STEP, Steps


def request_with(**query: str) -> Request:
    return Request(EnvironBuilder(query_string=query).get_environ())


def refusal(function: object, **query: str) -> RouteError:
    with pytest.raises(RouteError) as raised:
        function(request_with(**query))  # type: ignore[operator]
    return raised.value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("latest", Steps(latest=True)),
        ("at-or-before:0", Steps(at_or_before=0)),
        ("at-or-before:25", Steps(at_or_before=25)),
        ("0", Steps(((0, 0),))),
        ("5,3,5", Steps(((5, 5), (3, 3), (5, 5)))),
        ("10-20", Steps(((10, 20),))),
        ("7-7", Steps(((7, 7),))),
        ("1,10-20,4", Steps(((1, 1), (10, 20), (4, 4)))),
        (str(MAX_STEP), Steps(((MAX_STEP, MAX_STEP),))),
        ("007", Steps(((7, 7),))),
    ],
)
def test_steps_are_understood(value: str, expected: Steps) -> None:
    assert parameters.steps(request_with(steps=value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        ",",
        "1,",
        ",1",
        "1,,2",
        "-1",
        "-",
        "1-",
        "1--2",
        "1-2-3",
        "20-10",
        "1.5",
        "1e3",
        "0x10",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "١٢",
        "²",
        "Latest",
        "latest,1",
        "at-or-before:",
        "at-or-before:-1",
        "at-or-before:x",
        "at-or-before:1,2",
        "at-or-after:1",
        str(MAX_STEP + 1),
        "9" * 19,
        "9" * 5000,
        "0-" + "9" * 19,
        "NaN",
        "null",
        "*",
    ],
)
def test_what_are_no_steps_is_refused(value: str) -> None:
    error = refusal(parameters.steps, steps=value)
    assert (error.status, error.code) == (400, "bad_parameter")
    assert "'steps'" in error.message


@pytest.mark.parametrize("value", ["0", "12", "007", "9" * 19])
def test_whole_numbers_are_understood(value: str) -> None:
    assert parameters.number(request_with(user=value), "user") == int(value)


@pytest.mark.parametrize("value", ["", "-1", "1.0", "1e2", "٣", "x", " 1", "1\n", "9" * 20, "true"])
def test_what_is_no_whole_number_is_refused(value: str) -> None:
    error = refusal(lambda request: parameters.number(request, "user"), user=value)
    assert (error.status, error.code) == (400, "bad_parameter")
    assert "'user'" in error.message


@pytest.mark.parametrize("name", ["run", "layer", "user", "steps"])
def test_a_missing_parameter_is_named(name: str) -> None:
    error = refusal(lambda request: parameters.text(request, name))
    assert error.message == f"Parameter '{name}' is missing."


def test_text_is_taken_as_it_is() -> None:
    assert parameters.text(request_with(run="../etc\0 安"), "run") == "../etc\0 安"
    assert parameters.text(request_with(run=""), "run") == ""
