"""`watch`: every step logged as it was, in a training that does not notice."""

from __future__ import annotations

import copy
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.tensorboard import SummaryWriter

from tensorboard_plugin_attn import AttentionWriter, Cohort, schedule
from tensorboard_plugin_attn.capture.torch import Watch, capturing, note_attention, watch
from tensorboard_plugin_attn.portable.description import Served
from tests.fixtures.logged_run import LoggedRun
from tests.fixtures.tab import Tab
from tests.fixtures.torch_recommenders import (
    HEADS,
    HISTORIES,
    ITEMS,
    LENGTH,
    FusedSASRec,
    SASRec,
    cohort,
    lengths,
    padded,
)

ROOT = Path(__file__).parents[3]
LAYER = "trm_encoder.0.multi_head_attention"
SCORE_ITEMS = [None, *(str(item) for item in range(1, ITEMS))]


def people() -> Cohort:
    return cohort({"item_seq": padded("right"), "item_seq_len": lengths()})


def watched(
    model: nn.Module, log: Any, optimizer: torch.optim.Optimizer | None = None, **settings: Any
) -> Watch:
    """Return a watch that is allowed any cost: these models are trained in no time."""
    return watch(
        model,
        log,
        **{"cohort": people(), "optimizer": optimizer, "max_overhead": None, **settings},
    )


def train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 4) -> list[float]:
    """Train as anybody would, with dropout and a generator everybody shares."""
    losses = []
    for _ in range(steps):
        items = torch.randint(1, ITEMS, (8, LENGTH))
        targets = torch.randint(1, ITEMS, (8,))
        batch = (items, torch.full((8,), LENGTH)) if isinstance(model, SASRec) else (items,)
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(*batch), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def made(kind: type[nn.Module] = SASRec) -> tuple[Any, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = kind()
    return model, torch.optim.Adam(model.parameters(), lr=0.01)


def test_one_line_logs_every_step_and_the_attention_of_that_step(tmp_path: Path) -> None:
    model, optimizer = made()
    then: list[SASRec] = []
    with watched(model, tmp_path / "attention", optimizer) as watching:
        for _ in range(20):  # more than one group of differences
            train(model, optimizer, 1)
            then.append(copy.deepcopy(model).eval())
    status = watching.status()
    assert status is not None
    assert (status.rejected, status.dropped, status.failed) == (0, 0, 0)
    run = LoggedRun(tmp_path)
    assert run.layers == [LAYER, LAYER.replace("0", "1")]
    assert run.steps(LAYER) == list(range(1, 21))
    assert run.is_causal(LAYER)
    items = torch.from_numpy(padded("right"))
    for step, model_then in enumerate(then, 1):
        with torch.no_grad():
            layer = model_then.trm_encoder[0].multi_head_attention
            expected = layer.probabilities(model_then.embed(items), model_then.mask(items)).numpy()
        for user, history in enumerate(HISTORIES):
            size = len(history)
            np.testing.assert_allclose(
                run.attention(LAYER, step, user), expected[user, :, :size, :size], atol=0.004
            )


@pytest.mark.parametrize("kind", [SASRec, FusedSASRec])
def test_training_is_the_same_with_and_without_watching(
    tmp_path: Path, kind: type[nn.Module]
) -> None:
    ends = []
    for is_watched in (True, False):
        model, optimizer = made(kind)
        people_seen = people() if kind is SASRec else cohort(padded("left"))
        if is_watched:
            scores = (lambda m, i: m(**i)) if kind is SASRec else (lambda m, i: m(i))
            settings = {"cohort": people_seen, "scores": scores, "score_items": SCORE_ITEMS}
            with watched(model, tmp_path / "attention", optimizer, **settings) as watching:
                losses = train(model, optimizer, 6)
            assert watching.status().written >= 12  # type: ignore[union-attr]
        else:
            losses = train(model, optimizer, 6)
        ends.append((losses, model.state_dict(), optimizer.state_dict()["state"]))
        ends[-1] += (torch.get_rng_state(), model.training)
    (losses, weights, moments, random, mode), other = ends
    assert losses == other[0]
    for name, array in weights.items():
        assert torch.equal(array, other[1][name]), name
    for number, state in moments.items():
        assert all(torch.equal(value, other[2][number][name]) for name, value in state.items())
    assert torch.equal(random, other[3])
    assert mode is other[4] is True


def test_without_an_optimizer_the_loop_says_when(tmp_path: Path) -> None:
    model, optimizer = made()
    with watched(model, tmp_path / "attention") as watching:
        for step in range(3):
            train(model, optimizer, 1)
            watching.step(epoch=(step + 1) / 3)
        watching.step(10, epoch=2)
    run = LoggedRun(tmp_path)
    assert run.steps(LAYER) == [1, 2, 3, 10]
    assert run.epochs(LAYER) == pytest.approx([1 / 3, 2 / 3, 1, 2])


def test_a_schedule_logs_the_first_and_the_last_too(tmp_path: Path) -> None:
    model, optimizer = made()
    every_third = schedule.every_steps(3)
    with watched(model, tmp_path / "attention", optimizer, schedule=every_third, steps_per_epoch=8):
        train(model, optimizer, 8)
    run = LoggedRun(tmp_path)
    assert run.steps(LAYER) == [1, 3, 6, 8]
    assert run.epochs(LAYER) == [1 / 8, 3 / 8, 6 / 8, 1]


def test_after_remove_the_model_and_the_optimizer_are_left_alone(tmp_path: Path) -> None:
    model, optimizer = made()
    watching = watched(model, tmp_path / "attention", optimizer)
    train(model, optimizer, 2)
    watching.remove()
    watching.remove()
    watching.step()
    train(model, optimizer, 2)
    assert LoggedRun(tmp_path).steps(LAYER) == [1, 2]
    assert not optimizer._optimizer_step_post_hooks
    assert not any(module._forward_hooks for module in model.modules())


def test_layers_heads_and_users_can_be_chosen(tmp_path: Path) -> None:
    model, optimizer = made()
    chosen = {"layers": ["encoder.1"], "heads": [1], "users": ["person-1"]}
    with watched(model, tmp_path / "attention", optimizer, **chosen):
        train(model, optimizer, 1)
    run = LoggedRun(tmp_path)
    assert run.layers == [LAYER.replace("0", "1")]
    assert run.attention(run.layers[0], 1, 0).shape == (1, 3, 3)


def test_recommendations_are_logged_beside(tmp_path: Path) -> None:
    model, optimizer = made()
    settings = {"scores": lambda model, inputs: model(**inputs), "score_items": SCORE_ITEMS}
    with watched(model, tmp_path / "attention", optimizer, **settings) as watching:
        train(model, optimizer, 2)
    assert watching.status().rejected == 0  # type: ignore[union-attr]
    assert LoggedRun(tmp_path).recommended_steps() == [1, 2]


def test_a_summary_writers_directory_and_an_attention_writer_will_do(tmp_path: Path) -> None:
    model, optimizer = made()
    scalars = SummaryWriter(str(tmp_path / "run1"))
    with watched(model, scalars, optimizer):
        train(model, optimizer, 1)
    scalars.close()
    assert LoggedRun(tmp_path, "run1/attention").steps(LAYER) == [1]
    mine = AttentionWriter(tmp_path / "mine", cohort=people())
    with watched(model, mine, optimizer) as watching:
        train(model, optimizer, 1)
    assert watching.writer is mine
    mine.attention("more", np.ones((3, 1, 1, 1)), step=9)  # it is still open
    mine.close()
    assert sorted(LoggedRun(tmp_path, "mine").layers) == ["more", LAYER, LAYER.replace("0", "1")]


def test_a_compiled_model_is_watched_and_not_compiled_again(tmp_path: Path) -> None:
    model, optimizer = made(FusedSASRec)
    compiled = torch.compile(model, backend="eager")
    settings: dict[str, Any] = {"cohort": cohort(padded("left"))}
    train(compiled, optimizer, 1)
    with (
        watched(compiled, tmp_path / "attention", optimizer, **settings),
        torch.compiler.set_stance("fail_on_recompile"),
    ):
        train(compiled, optimizer, 3)
    run = LoggedRun(tmp_path)
    assert run.steps("attend") == [2, 3, 4]  # the optimizer had done one


def test_attention_on_padding_is_logged_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(ITEMS, 8)
            self.attend = nn.MultiheadAttention(8, HEADS, batch_first=True)

        def forward(self, items: Tensor) -> Tensor:
            x = self.embedding(items)
            return self.attend(x, x, x, need_weights=False)[0]

    model = Bare()
    with (
        caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"),
        watched(model, tmp_path / "attention", cohort=cohort(padded("right"))) as watching,
    ):
        watching.step()
    assert sum("of its attention to padding" in message for message in caplog.messages) == 1
    with torch.no_grad(), capturing(model) as capture:
        model(torch.from_numpy(padded("right")))
    shown = LoggedRun(tmp_path).attention("attend", 1, 1)
    expected = np.roll(capture.found[0].attention[1].numpy(), LENGTH - 3, (1, 2))
    np.testing.assert_allclose(shown, expected, atol=0.004)  # the history ends where it should


def test_queries_that_are_no_history_are_cross_attention_and_not_cropped(tmp_path: Path) -> None:
    class Cross(nn.Module):
        def forward(self, items: Tensor) -> Tensor:
            key = functional.one_hot(items, ITEMS).float()[:, None]  # [user, 1, key, channel]
            return functional.scaled_dot_product_attention(key[:, :, :4], key, key)

    with watched(Cross(), tmp_path / "a", cohort=cohort(padded("left"))) as watching:
        watching.step()
    run = LoggedRun(tmp_path, "a")
    assert (run.kind("Cross"), run.is_causal("Cross")) == ("cross", False)
    assert [run.attention("Cross", 1, user).shape for user in range(3)] == [(1, 4, LENGTH)] * 3


class Blind(nn.Module):
    """A model whose attention cannot be seen."""

    def forward(self, items: Tensor) -> Tensor:
        return torch.ones(3, 2, 5).softmax(-1) * items.sum()


def test_a_model_without_visible_attention_is_told_what_to_do_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"),
        watched(Blind(), tmp_path / "a", cohort=cohort(padded("left"))) as watching,
    ):
        watching.step()
        watching.step()
    assert watching.status().offered == 0  # type: ignore[union-attr]
    [message] = caplog.messages
    assert "import note_attention" in message


def test_noted_attention_is_logged(tmp_path: Path) -> None:
    class Noting(nn.Module):
        def forward(self, items: Tensor) -> Tensor:
            return note_attention("noted", torch.full((3, 1, 4, 4), 0.25))

    with watched(Noting(), tmp_path / "a", cohort=cohort(padded("left"))) as watching:
        watching.step()
    assert LoggedRun(tmp_path, "a").layers == ["noted"]


@pytest.mark.parametrize("broken", ["scores", "call", "model"])
def test_an_error_in_the_users_code_does_not_stop_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    def fails(model: nn.Module, inputs: Any) -> Any:
        raise RuntimeError("not written yet")

    model, optimizer = made()
    settings: dict[str, Any] = {broken: fails} if broken != "model" else {"inputs": padded("left")}
    settings |= {"score_items": SCORE_ITEMS} if broken == "scores" else {}
    with (
        caplog.at_level(logging.ERROR, "tensorboard_plugin_attn"),
        watched(model, tmp_path / "attention", optimizer, **settings),
    ):
        assert len(train(model, optimizer, 3)) == 3
    assert [record.message for record in caplog.records] == [
        "attention: not logging any more; training goes on"
    ]
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())


def test_a_directory_that_cannot_be_written_does_not_stop_training(tmp_path: Path) -> None:
    (tmp_path / "attention").write_text("a file stands where the directory should be")
    model, optimizer = made()
    with watched(model, tmp_path / "attention", optimizer) as watching:
        train(model, optimizer, 2)
    status = watching.status()
    assert status is not None
    assert status.failed == status.offered == 4
    assert status.degraded


def test_a_step_that_is_none_does_not_stop_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with watched(SASRec(), tmp_path / "attention") as watching:
        watching.step("third")  # type: ignore[arg-type]
    assert any("step('third') was not logged" in message for message in caplog.messages)


def zero_3() -> nn.Module:
    """Return a model whose parameters DeepSpeed has taken in hand."""
    model = SASRec()
    model.item_embedding.weight.ds_id = 0
    return model


class FSDPModule(nn.Module):
    """Stands for PyTorch's own of this name, which needs several devices."""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cohort": cohort(None)}, "no inputs"),
        ({"inputs": padded("left")[:2]}, "2 rows for a cohort of 3 users"),
        ({"scores": lambda model, inputs: None}, "score_items"),
        ({"padding": "top"}, "padding='top'"),
        ({"users": ["nobody"]}, "users="),
        ({"max_overhead": 0}, "max_overhead"),
        ({"optimizer": "adam"}, "is no torch.optim.Optimizer"),
        ({"model": zero_3()}, "ZeRO-3 shards parameters"),
        ({"model": nn.Sequential(FSDPModule())}, "FSDPModule shards parameters"),
    ],
)
def test_bad_arguments_say_what_to_do(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        watch(log=tmp_path, **{"model": SASRec(), "cohort": people(), **settings})


def test_only_the_first_process_logs_or_each_in_its_own_directory(tmp_path: Path) -> None:
    """Two real processes train one model; the model is run without its wrapper: no deadlock."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fixtures.torch_processes", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    first = LoggedRun(tmp_path / "first")
    assert first.names == ["attention"]
    assert first.steps("attend") == [1, 2, 3]
    each = LoggedRun(tmp_path / "each")
    assert each.names == ["attention", "attention/worker_001"]
    np.testing.assert_array_equal(  # both processes have the same weights
        LoggedRun(tmp_path / "each", "attention/worker_001").attention("attend", 3, 0),
        each.attention("attend", 3, 0),
    )


def test_the_model_is_logged_as_data_or_as_served(tmp_path: Path) -> None:
    model, optimizer = made()
    named: list[tuple[str, ...]] = []

    def portable(watched_model: nn.Module, layers: Any) -> Any:
        assert watched_model is model
        named.append(tuple(layers))
        return Served(ITEMS, LENGTH), {}

    settings = {
        "scores": lambda model, inputs: model(**inputs),
        "score_items": SCORE_ITEMS,
        "portable": portable,
    }
    with watched(model, tmp_path / "run", optimizer, **settings):
        train(model, optimizer)
    assert Tab(tmp_path).json("/models", run="run")["steps"] == [1, 2, 3, 4]
    assert {layers[0] for layers in named} == {LAYER}
    with pytest.raises(ValueError, match="portable needs scores"):
        watched(model, tmp_path / "other", optimizer, portable=portable)
