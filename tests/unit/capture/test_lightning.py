"""The callback in real trainings with `lightning` and with `pytorch_lightning`."""

from __future__ import annotations

import importlib
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from tensorboard_plugin_attn import Cohort
from tensorboard_plugin_attn.capture.lightning import AttentionCallback
from tests.fixtures.logged_run import LoggedRun
from tests.fixtures.torch_recommenders import (
    HISTORIES,
    ITEMS,
    LENGTH,
    FusedSASRec,
    cohort,
    padded,
)

pytestmark = [  # Lightning 2.6 itself, on PyTorch 2.13 and on a machine without a GPU
    pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers"),
    pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning"),
]

PACKAGES = ["lightning.pytorch", "pytorch_lightning"]


def module(package: str) -> Any:
    """Return a `LightningModule` of one of the two packages."""
    lightning = importlib.import_module(package)

    class Recommender(lightning.LightningModule):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = FusedSASRec()

        def forward(self, items: torch.Tensor) -> torch.Tensor:
            return self.net(items)

        def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> torch.Tensor:
            items, targets = batch
            return functional.cross_entropy(self(items), targets)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=0.01)

    torch.manual_seed(0)
    return Recommender()


def fit(package: str, directory: Path, *callbacks: Any, **settings: Any) -> Any:
    """Train for two epochs of four batches; return the module."""
    lightning = importlib.import_module(package)
    generator = torch.Generator().manual_seed(0)
    items = torch.randint(1, ITEMS, (16, LENGTH), generator=generator)
    data = torch.utils.data.TensorDataset(items, items[:, 0])
    trained = module(package)
    trainer = lightning.Trainer(
        default_root_dir=directory,
        max_epochs=2,
        accelerator="cpu",
        callbacks=list(callbacks),
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=1,
        **{"logger": False, **settings},
    )
    trainer.fit(trained, torch.utils.data.DataLoader(data, batch_size=4))
    return trained


def watched(*args: Any, **settings: Any) -> AttentionCallback:
    people = cohort(padded("left"))
    return AttentionCallback(*args, **{"cohort": people, "max_overhead": None, **settings})


@pytest.mark.parametrize("package", PACKAGES)
def test_every_step_is_logged_with_its_epoch(tmp_path: Path, package: str) -> None:
    callback = watched()
    trained = fit(package, tmp_path, callback)
    assert callback.watching is not None
    run = LoggedRun(tmp_path)
    assert run.steps("net.attend") == list(range(1, 9))
    assert run.epochs("net.attend") == [step / 4 for step in range(1, 9)]
    items = torch.from_numpy(padded("left"))
    with torch.no_grad():
        query, key, _ = trained.net.attend.parts(trained.net.embedding(items))
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        scores = scores.masked_fill(~trained.net.attend.may_attend(items), -torch.inf)
    for user, history in enumerate(HISTORIES):
        size = len(history)
        np.testing.assert_allclose(
            run.attention("net.attend", 8, user),
            scores.softmax(-1)[user, :, -size:, -size:],
            atol=0.004,
        )


def test_the_loggers_directory_is_the_runs(tmp_path: Path) -> None:
    from lightning.pytorch.loggers import CSVLogger

    fit(PACKAGES[0], tmp_path, watched(), logger=CSVLogger(tmp_path, name="mine", version="v1"))
    assert LoggedRun(tmp_path, "mine/v1/attention").steps("net.attend") == list(range(1, 9))


def test_gradient_accumulation_makes_fewer_steps(tmp_path: Path) -> None:
    fit(PACKAGES[0], tmp_path, watched(tmp_path / "a"), accumulate_grad_batches=2)
    assert LoggedRun(tmp_path, "a").steps("net.attend") == [1, 2, 3, 4]


def test_training_is_the_same_with_and_without_the_callback(tmp_path: Path) -> None:
    ends = [
        fit(PACKAGES[0], tmp_path, *callbacks).state_dict()
        for callbacks in ([watched(tmp_path / "a")], [])
    ]
    for name, array in ends[0].items():
        assert torch.equal(array, ends[1][name]), name


def test_what_was_logged_before_an_error_is_there(tmp_path: Path) -> None:
    from lightning.pytorch.callbacks import LambdaCallback

    def fail(trainer: Any, *args: Any, **kwargs: Any) -> None:
        if trainer.global_step == 3:
            raise RuntimeError("in the training")

    with pytest.raises(RuntimeError, match="in the training"):
        fit(PACKAGES[0], tmp_path, watched(), LambdaCallback(on_train_batch_end=fail))
    assert LoggedRun(tmp_path).steps("net.attend") == [1, 2, 3]


def test_what_cannot_be_watched_does_not_stop_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback = AttentionCallback(cohort=Cohort(users=cohort(None).users))
    with caplog.at_level(logging.ERROR, "tensorboard_plugin_attn"):
        fit(PACKAGES[0], tmp_path, callback)
    assert caplog.messages == ["attention: not logging; training goes on"]
    assert "no inputs" in caplog.text
