"""What the training's thread may ask of the sink while the other one is at work."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from tensorboard_plugin_attn.logging.events import CatalogueBuilder
from tensorboard_plugin_attn.logging.losses import Losses
from tensorboard_plugin_attn.logging.sink import Sink
from tensorboard_plugin_attn.logging.status import Counts
from tensorboard_plugin_attn.privacy import Privacy
from tests.fixtures.logs import cohort


class Flickering(Sink):
    """The other thread leaves its file between any two looks of this one."""

    looks = 0

    @property  # type: ignore[override]
    def _file(self) -> SimpleNamespace | None:
        self.looks += 1
        return SimpleNamespace(path=Path("a.attn")) if self.looks % 2 else None

    @_file.setter
    def _file(self, file: object) -> None:
        pass


def test_a_file_that_is_left_while_the_status_is_asked_for_raises_nothing(tmp_path: Path) -> None:
    sink = Flickering(
        directory=tmp_path,
        catalogue=CatalogueBuilder(cohort(), Privacy(key=b"k" * 32)),
        axis_lengths=[4, 4],
        counts=Counts(),
        losses=Losses(),
    )
    assert [sink.status().file for _ in range(4)] == ["a.attn", None, "a.attn", None]
