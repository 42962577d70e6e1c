"""`/faithfulness`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn.server import budget
from tensorboard_plugin_attn.server.routes.faithfulness import randomised
from tests.fixtures.portable_logs import RUN, write_models
from tests.fixtures.portable_models import portable_model
from tests.fixtures.tab import Tab


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = tmp_path_factory.mktemp("models")
    write_models(directory / RUN)
    return Tab(directory).json("/faithfulness", run=RUN, steps="latest")


def methods(card: Any, which: str) -> dict[str, Any]:
    return {each["method"]: each for each in card[which]}


def test_users_whose_history_is_too_short_are_counted(card: Any) -> None:
    assert card["users"] == 3
    assert card["users_left_out"] == {"too_short": 1, "out_of_time": 0}


@pytest.mark.parametrize("which", ["with_newest", "newest_aside"])
def test_exact_deletion_is_the_ceiling_and_random_the_floor(card: Any, which: str) -> None:
    found = methods(card, which)
    assert set(found) == {
        "random",
        "recency",
        "attention",
        "attention_layer_mean",
        "rollout",
        "value_norm",
        "contribution",
        "attention_gradient",
        "mask",
        "delete",
    }
    assert found["delete"]["share_of_exact"] == 1
    assert found["random"]["share_of_exact"] == 0
    assert found["delete"]["rank_correlation"]["mean"] == pytest.approx(1)
    first = [each["comprehensiveness"][0]["mean"] for each in found.values()]
    assert max(first) == found["delete"]["comprehensiveness"][0]["mean"]
    assert found["delete"]["same_first"] == {"mean": 1.0, "error": 0.0, "users": 3}


def test_the_answers_verdict_is_that_of_attention_without_the_newest(card: Any) -> None:
    assert card["verdict"] == methods(card, "newest_aside")["attention"]["verdict"]
    assert card["thresholds"]["explains"]["rank_correlation"] == 0.5


def test_one_user_is_too_few_for_a_verdict(tmp_path: Path) -> None:
    write_models(tmp_path / RUN, [1])
    card = Tab(tmp_path).json("/faithfulness", run=RUN, steps=1, users=1)
    assert (card["users"], card["verdict"]) == (1, "unknown")
    assert methods(card, "newest_aside")["attention"]["beats_random"] is None


def test_what_takes_too_long_leaves_users_out_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_models(tmp_path / RUN, [1])
    calls = iter(range(1000))
    original = budget.Budget.check

    def stop_later(self: budget.Budget) -> None:
        if next(calls) > 4:
            self._cpu_end_s = float("-inf")
        original(self)

    monkeypatch.setattr(budget.Budget, "check", stop_later)
    tab = Tab(tmp_path)
    answer = tab.get("/faithfulness", run=RUN, steps=1)
    assert answer.json is not None
    assert answer.json["users"] >= 1
    assert answer.json["users_left_out"]["out_of_time"] >= 1
    assert "ETag" not in answer.headers
    monkeypatch.setattr(budget.Budget, "check", original)  # the machine is not busy any more
    whole = tab.json("/faithfulness", run=RUN, steps=1)
    assert whole["users_left_out"]["out_of_time"] == 0
    assert whole["users"] > answer.json["users"]


def test_a_shuffled_model_has_the_same_numbers_in_other_places() -> None:
    model = portable_model()
    other = randomised(model)
    for name, array in model.tensors.items():
        np.testing.assert_array_equal(
            np.sort(other.tensors[name], axis=None), np.sort(array, axis=None)
        )
    assert not np.array_equal(other.tensors["items"], model.tensors["items"])
