"""The callback in a real `transformers.Trainer`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from tensorboard_plugin_attn import Cohort, User, schedule
from tensorboard_plugin_attn.capture.huggingface import AttentionCallback
from tests.fixtures.logged_run import LoggedRun

ITEMS, LENGTH = 20, 8
HISTORIES = (LENGTH, 3)
LAYER = "transformer.h.0.attn"


def model() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=ITEMS,
            n_embd=16,
            n_layer=2,
            n_head=2,
            n_positions=LENGTH,
            bos_token_id=None,
            eos_token_id=None,
        )
    )


def cohort() -> Cohort:
    """Return two users whose items are padded on the right, as Hugging Face pads."""
    mask = np.arange(LENGTH) < np.array(HISTORIES)[:, None]
    items = np.random.default_rng(1).integers(1, ITEMS, (2, LENGTH)) * mask
    return Cohort(
        users=[
            User(f"person-{row}", [str(item) for item in items[row, :size]])
            for row, size in enumerate(HISTORIES)
        ],
        inputs={"input_ids": items, "attention_mask": mask.astype(np.int64)},
    )


def trainer(directory: Path, *callbacks: Any, **settings: Any) -> Trainer:
    items = torch.randint(1, ITEMS, (16, LENGTH), generator=torch.Generator().manual_seed(0))
    arguments = TrainingArguments(
        output_dir=str(directory),
        per_device_train_batch_size=4,
        num_train_epochs=2,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
        **settings,
    )
    return Trainer(
        model=model(),
        args=arguments,
        train_dataset=[{"input_ids": row, "labels": row} for row in items],
        callbacks=list(callbacks),
    )


def watched(*args: Any, **settings: Any) -> AttentionCallback:
    return AttentionCallback(*args, **{"cohort": cohort(), "max_overhead": None, **settings})


def test_every_step_is_logged_with_its_epoch_beside_the_trainers_output(tmp_path: Path) -> None:
    callback = watched()
    training = trainer(tmp_path, callback)
    training.train()
    assert callback.watching is not None
    status = callback.watching.status()
    assert status is not None
    assert (status.rejected, status.failed, status.dropped) == (0, 0, 0)
    run = LoggedRun(tmp_path)
    assert run.steps(LAYER) == list(range(1, 9))
    assert run.epochs(LAYER) == pytest.approx([step / 4 for step in range(1, 9)])
    assert run.is_causal(LAYER)
    trained = training.model.eval()
    trained.set_attn_implementation("eager")
    with torch.no_grad():
        inputs = {name: torch.from_numpy(array) for name, array in cohort().inputs.items()}
        expected = trained(**inputs, output_attentions=True).attentions[0].numpy()
    for user, size in enumerate(HISTORIES):
        shown = run.attention(LAYER, 8, user)
        np.testing.assert_allclose(shown, expected[user, :, :size, :size], atol=0.004)


def test_gradient_accumulation_makes_fewer_steps(tmp_path: Path) -> None:
    callback = watched(tmp_path / "mine", schedule=schedule.every_steps(3))
    trainer(tmp_path, callback, gradient_accumulation_steps=2).train()
    assert LoggedRun(tmp_path, "mine").steps(LAYER) == [1, 3, 4]


def test_training_is_the_same_with_and_without_the_callback(tmp_path: Path) -> None:
    ends = []
    for callbacks in ([watched(tmp_path / "a")], []):
        training = trainer(tmp_path, *callbacks, seed=3)
        training.train()
        ends.append(training.model.state_dict())
    for name, array in ends[0].items():
        assert torch.equal(array, ends[1][name]), name


def test_what_cannot_be_watched_does_not_stop_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback = AttentionCallback(cohort=Cohort(users=cohort().users))
    with caplog.at_level(logging.ERROR, "tensorboard_plugin_attn"):
        assert trainer(tmp_path, callback).train().global_step == 8
    assert caplog.messages == ["attention: not logging; training goes on"]
    assert "no inputs" in caplog.text
