"""Every version ever released stays readable: committed logs and answers decode as they did.

`tests/fixtures/make_golden.py` wrote them; the frontend's tests read the same `frames.bin`.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec
from tests.fixtures import make_golden
from tests.fixtures.tab import Tab, unpack

VERSIONS = sorted((Path(make_golden.__file__).parent / "golden").iterdir())


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def golden(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def expected(golden: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((golden / f"{name}.expected.json").read_text())
    return found


def test_the_log_is_read_as_it_was(golden: Path) -> None:
    told, tab = expected(golden, "log"), Tab(golden / "log")
    timeline = tab.json("/timeline", run=".", layer=told["layer"])
    assert (timeline["steps"], timeline["epochs"]) == (told["steps"], told["epochs"])
    (attempt,) = timeline["attempts"]
    assert attempt == {"id": told["attempt"], "start_time_s": told["start_time_s"]}
    gaps = [[gap["first_step"], gap["last_step"], gap["reason"]] for gap in timeline["gaps"]]
    assert gaps == told["gaps"]
    catalogue = tab.json("/catalogue", run=".")
    assert [user["label"] for user in catalogue["users"]] == told["user_labels"]
    assert sorted(item["label"] for item in catalogue["items"]) == told["item_labels"]
    assert tab.json("/status")["problems"] == []


def test_every_frame_of_the_log_decodes_to_its_codes(golden: Path) -> None:
    told, tab = expected(golden, "log"), Tab(golden / "log")
    for user, codes in enumerate(told["codes_base64"]):
        answer = tab.frames(run=".", layer=told["layer"], user=user, steps="0-99")
        cells = [answer.cells(frame) for frame in answer.header["frames"]]
        assert cells == [base64.b64decode(text) for text in codes]


def test_the_same_chunks_are_still_answered_and_nothing_is_told_otherwise(golden: Path) -> None:
    now = Tab(golden / "log").frames(**expected(golden, "frames")["query"])
    then = unpack((golden / "frames.bin").read_bytes())
    assert now.chunks == then.chunks
    for old, new in zip(then.header["frames"], now.header["frames"], strict=True):
        assert old.items() <= new.items()  # more may be told
    assert now.header["absent"] == then.header["absent"]


def test_the_committed_answer_decodes_to_its_codes_and_attention(golden: Path) -> None:
    told = expected(golden, "frames")
    answer = unpack((golden / "frames.bin").read_bytes())
    assert (answer.steps, answer.header["absent"]) == (told["steps"], told["absent"])
    for frame, want in zip(answer.header["frames"], told["frames"], strict=True):
        for name in ("step", "encoding", "layout", "query_length", "key_length", "head_count"):
            assert frame[name] == want[name]
        reference = answer.header["chunks"][frame["chunk"]]["reference"]
        assert (reference is not None) == want["is_difference"]
        assert answer.cells(frame) == base64.b64decode(want["codes_base64"])
        encoding = pb.Encoding.Value(frame["encoding"])
        codes = answer.codes(frame)
        captured = np.frombuffer(base64.b64decode(want["attention_base64"]), "<f4")
        error = np.abs(codec.dequantise(codes, encoding) - captured.reshape(codes.shape))
        assert (error <= codec.error_bound(codes, encoding) + 1e-7).all()


def test_the_golden_answer_has_every_kind_of_frame() -> None:
    frames = expected(make_golden.GOLDEN, "frames")["frames"]
    assert {frame["encoding"] for frame in frames} == {"U8_SQRT", "U16", "F32"}
    assert {frame["layout"] for frame in frames} == {"FULL", "LOWER_TRIANGLE"}
    assert {frame["is_difference"] for frame in frames} == {True, False}


def test_the_script_still_writes_what_it_says(tmp_path: Path) -> None:
    make_golden.main(tmp_path)
    for name in ("frames", "log"):
        assert expected(tmp_path, name) == expected(make_golden.GOLDEN, name)
