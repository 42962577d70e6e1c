"""The tab's own files: from memory, by fixed names."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from tests.fixtures.tab import Tab


@pytest.mark.parametrize("name", ["index.js", "exports.js", "explain.js"])
def test_a_script_is_served_as_it_is_shipped(tab: Tab, name: str) -> None:
    response = tab.get(f"/{name}")
    shipped = resources.files("tensorboard_plugin_attn") / "static" / name
    assert response.data == shipped.read_bytes()
    assert response.mimetype == "text/javascript"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_same_etag_is_304(tab: Tab) -> None:
    first = tab.get("/index.js")
    again = tab.get("/index.js", header_If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


def test_a_range_is_a_part_or_refused_but_no_error(tab: Tab) -> None:
    assert tab.get("/index.js", header_Range="bytes=0-9").status_code in (200, 206)
    assert tab.get("/index.js", header_Range="bytes=x").status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/index.js/../../version.py",
        "/../version.py",
        "/%2e%2e/version.py",
        "/static/index.js",
        "/.gitkeep",
        "/index.js%00",
        "/etc/passwd",
        "/index.js.map",
        "/exports.js.map",
        "/explain.js.map",
        "/plugin/attn/exports.js",
    ],
)
def test_no_other_path_reaches_a_file(tab: Tab, path: str) -> None:
    assert tab.get(path).status_code in (301, 302, 308, 404)


@pytest.mark.parametrize("name", ["exports.js", "explain.js"])
def test_a_later_script_finds_the_first_beside_it_under_any_prefix(name: str) -> None:
    folder = resources.files("tensorboard_plugin_attn") / "static"
    imported = re.findall(
        r'(?:from|import\()\s*["`\']([^"`\']+\.js)', folder.joinpath(name).read_text()
    )
    assert imported == ["./index.js"]
    assert f"import(`./{name}`)" in folder.joinpath("index.js").read_text()
