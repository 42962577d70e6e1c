"""Portable models get sparser as their budget fills: never over it, never at an end."""

from __future__ import annotations

import itertools
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.logging.model_budget import ModelBudget
from tests.fixtures.logs import markers_of, own_events
from tests.fixtures.portable_logs import VOCABULARY, cohort
from tests.fixtures.portable_models import portable_model

SIZE = 100


def kept(budget: ModelBudget, offered: int, size: int = SIZE) -> list[int]:
    found = []
    for number in range(offered):
        if not budget.refusal(size):
            budget.written(size)
            found.append(number)
    return found


def test_the_distance_doubles_as_each_half_of_what_is_left_is_used() -> None:
    found = kept(ModelBudget(16 * SIZE), 100)
    distances = [after - before for before, after in itertools.pairwise(found)]
    assert distances == [1] * 7 + [2] * 4 + [4] * 2 + [8] + [16]


@given(st.integers(0, 5000), st.integers(1, 300), st.integers(1, 400))
def test_it_is_never_overdrawn(budget_bytes: int, size: int, offered: int) -> None:
    assert len(kept(ModelBudget(budget_bytes), offered, size)) * size <= budget_bytes


def test_the_last_is_always_written_and_without_a_budget_all_are() -> None:
    budget = ModelBudget(SIZE)
    assert kept(budget, 5) == [0]
    assert budget.refusal(SIZE, is_last=True) is None
    assert kept(ModelBudget(None), 50) == list(range(50))


def test_what_is_left_out_is_counted_and_marked(tmp_path: Path) -> None:
    model = portable_model()
    with AttentionWriter(tmp_path, cohort=cohort(), models_bytes=40_000) as writer:
        for step in range(1, 31):
            writer.portable_model(
                model.description,
                model.tensors,
                items=VOCABULARY,
                step=step,
                is_last=step == 30,
            )
            assert writer.flush()
    status = writer.status()
    assert status.offered == status.written + status.thinned == 30
    assert status.thinned > 0
    file = Path(str(status.file))
    events = own_events(file, "portable_model")
    assert [event.step for event in events][:2] == [1, 2]
    assert events[-1].step == 30
    markers = markers_of(file)
    assert {marker.layer for marker in markers} == {"portable_model"}
    assert sum(marker.frame_count for marker in markers) == status.thinned
