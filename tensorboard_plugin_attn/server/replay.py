"""Models of the log, ready to be asked: loaded once, their items known by the run's numbers.

Kept within a budget of bytes, the least recently used going first. A model belongs to one attempt
and sequence number, so what is kept never outlives what it was made of.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from werkzeug.wrappers import Request

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.analysis.explain import Floats, Predict, in_batches
from tensorboard_plugin_attn.portable.description import Served
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.portable.feature_model import FeatureModel, UserFeatureModel
from tensorboard_plugin_attn.portable.sequence_model import SequenceModel
from tensorboard_plugin_attn.reading.catalogue import Catalogue
from tensorboard_plugin_attn.reading.models import UnusableModelError, read_model
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Run
from tensorboard_plugin_attn.reading.store import UnavailableError
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.bodies import item_body
from tensorboard_plugin_attn.server.computed import catalogue_identity, fingerprint, identity
from tensorboard_plugin_attn.server.errors import RouteError, not_found, unavailable
from tensorboard_plugin_attn.server.predictor import RestPredictor, ServedModel

BUDGET_BYTES = 128 << 20
UNKNOWN = -1
MOST_ADDED = 20  # items of a what-if
_FEW, _MANY = 8, 64  # edits that are predicted before time is looked at again


@dataclass(frozen=True, eq=False)
class Replay:
    """One checkpoint and what its items are in the run.

    Attributes:
      model: replays it, or asks who serves it.
      numbers: the run's number of each of the model's items; `UNKNOWN` for padding and for what the
        catalogue does not name.
    """

    model: SequenceModel | FeatureModel | ServedModel
    numbers: NDArray[np.int64]

    @property
    def size_bytes(self) -> int:
        """Return the memory it holds."""
        held = 0 if isinstance(self.model, ServedModel) else self.model.size_bytes
        return held + 16 * len(self.numbers)

    @cached_property
    def of_run(self) -> dict[int, int]:
        """Return the model's item by the run's number."""
        return {int(number): item for item, number in enumerate(self.numbers) if number != UNKNOWN}


class Replays:
    """Loads models, and keeps those used last."""

    def __init__(
        self,
        runs: Runs,
        predictor: RestPredictor | None = None,
        budget_bytes: int = BUDGET_BYTES,
    ) -> None:
        self._runs = runs
        self._predictor = predictor
        self._budget_bytes = budget_bytes
        self._kept: OrderedDict[tuple[str, str, int], Replay] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run: str, frame: FrameInfo) -> Replay:
        """Return the model of `frame`.

        Raises:
          RouteError: it is damaged, not replayable, or unavailable.
        """
        key = (run, frame.attempt, frame.sequence)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        replay = self._load(run, frame)
        with self._lock:
            self._kept[key] = replay
            held = sum(kept.size_bytes for kept in self._kept.values())
            while held > self._budget_bytes and len(self._kept) > 1:
                held -= self._kept.popitem(last=False)[1].size_bytes
        return replay

    def _load(self, run: str, frame: FrameInfo) -> Replay:
        try:
            stored = read_model(self._runs, frame)
            catalogue = self._runs.catalogue(run)
        except UnusableModelError as error:
            raise RouteError(
                422,
                "model_unusable",
                f"The model of step {frame.step} cannot be replayed: {error}.",
                "Other steps may have one: /models lists them.",
            ) from error
        except (UnavailableError, KeyError) as error:
            raise unavailable() from error
        model = self._asked(stored.model)
        named = catalogue.axis(frame.attempt, stored.vocabulary_axis) or ()
        numbers = np.full(model.description.item_count, UNKNOWN, np.int64)
        count = min(len(named), len(numbers) - 1)
        numbers[1 : 1 + count] = named[:count]
        return Replay(model, numbers)

    def _asked(
        self, model: SequenceModel | FeatureModel | Served
    ) -> SequenceModel | FeatureModel | ServedModel:
        if not isinstance(model, Served):
            return model
        if self._predictor is None:
            raise RouteError(
                422,
                "no_predictor",
                "This run's model is not in the log, and nobody serves it.",
                "Start TensorBoard with --attn_predictor=URL of its predict method.",
            )
        return ServedModel(model, self._predictor)


@dataclass(frozen=True, eq=False)
class Case:
    """One user at one step of one run, ready to be explained.

    Attributes:
      run: its name.
      frame: the model's event.
      user: place in the cohort.
      person: what the catalogue says of them.
      catalogue: of the run.
      replay: the model.
      history: the model's items, oldest first.
      excluded: the model's items that are no candidates: padding, and what is in the history,
        unless the run's own lists keep that.
      seen_removed: whether they do not.
    """

    run: str
    frame: FrameInfo
    user: int
    person: pb.User
    catalogue: Catalogue
    replay: Replay
    history: Sequence[int]
    excluded: NDArray[np.bool_]
    seen_removed: bool

    @property
    def model(self) -> SequenceModel:
        """Return the model, if it is a sequence model in the log.

        Raises:
          RouteError: it is served elsewhere, or of another kind (422).
        """
        if isinstance(self.replay.model, SequenceModel):
            return self.replay.model
        raise RouteError(
            422,
            "not_inside",
            "Of this run's model the stages of attention cannot be computed.",
            "They can of a portable model of SASRec's or BERT4Rec's kind.",
        )

    @property
    def is_sequence(self) -> bool:
        """Tell whether all of the model's inside can be seen."""
        return isinstance(self.replay.model, SequenceModel)

    @cached_property
    def of_features(self) -> UserFeatureModel | None:
        """Return the model as this user has it, if it attends over features."""
        model = self.replay.model
        return model.of_user(self.user) if isinstance(model, FeatureModel) else None

    @property
    def features(self) -> list[str]:
        """Return what the model attends to besides the history; their places follow it."""
        return self.of_features.features if self.of_features else []

    @property
    def layers_and_heads(self) -> tuple[int, int]:
        """Return how many layers there are, and heads in each; none of a served model."""
        if self.of_features:
            return 1, self.of_features.description.heads
        if not self.is_sequence:
            return 0, 0
        return self.model.description.layers, self.model.description.heads

    @property
    def layer_names(self) -> list[str]:
        """Return what the log calls the layers; none of a served model."""
        if self.of_features:
            return list(self.of_features.description.attention_layers)
        return list(self.model.description.attention_layers) if self.is_sequence else []

    def predict(self, check: Callable[[], None] = lambda: None) -> Predict:
        """Return what predicts for edits of this user's history; `check` may give up."""

        whole = self.replay.model
        model = whole.of_user(self.user) if isinstance(whole, FeatureModel) else whole

        def one_batch(edits: Sequence[Edit]) -> Floats:
            return model.predict(self.history, edits)

        most = _FEW if isinstance(whole, FeatureModel) else _MANY
        if isinstance(whole, SequenceModel):
            most = min(most, whole.rows_at_once(len(self.history) + MOST_ADDED))
        return in_batches(one_batch, check, most)

    def run_number(self, item: int) -> int:
        """Return the run's number of the model's `item`."""
        return int(self.replay.numbers[item])

    @property
    def target(self) -> int | None:
        """Return the model's number of the user's target."""
        if not self.person.has_target:
            return None
        return self.replay.of_run.get(self.person.target_item)

    def head(self) -> dict[str, object]:
        """Return what every answer begins with."""
        return {
            "run": self.run,
            "user": self.user,
            "step": self.frame.step,
            "epoch": self.frame.epoch,
            "attempt": self.frame.attempt,
            "layers": self.layer_names,
            "heads": self.layers_and_heads[1],
            "source": "predictor"
            if isinstance(self.replay.model, ServedModel)
            else "portable_model",
            "features": self.features,
        }

    def items(self, items: Sequence[int]) -> list[dict[str, object]]:
        """Return what the catalogue says of some of the model's items, each once."""
        numbers = sorted({self.run_number(item) for item in items} - {UNKNOWN})
        found = [self.catalogue.items[number] for number in numbers]
        return [item_body(item) for item in found]


@dataclass(frozen=True)
class Asked:
    """Which model of which run a request is about, before anything of it is read."""

    run: str
    frame: FrameInfo
    cohort_size: int
    catalogue: list[tuple[int, str, int]]

    def tag(self, *parts: object) -> str:
        """Return what changes when the model, the catalogue or any of `parts` does."""
        return fingerprint(self.run, identity([self.frame]), self.catalogue, parts)


def asked(runs: Runs, request: Request) -> Asked:
    """Return which model a request with `run` and `steps` is about.

    Raises:
      RouteError: there is no such run or step, or it has no portable model.
    """
    runs.refresh()
    name, wanted = parameters.text(request, "run"), parameters.steps(request)
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        frame = _frame(run, wanted)
        size = parameters.cohort_size(runs, run)
        return Asked(name, frame, size, catalogue_identity(run))


def _frame(run: Run, wanted: parameters.Steps) -> FrameInfo:
    if run.models is None:
        raise RouteError(
            404,
            "no_model",
            "This run logged no portable model, so nothing can be computed anew.",
            "Pass portable= to AttentionCallback; training/ does so for SASRec and BERT4Rec.",
        )
    selected = parameters.select(run, run.models, schema.MODEL_TAG, wanted, 1)
    if not selected.frames:
        raise not_found("step", "/models lists the steps with a model; try at-or-before:STEP.")
    return selected.frames[-1]


def case(runs: Runs, replays: Replays, about: Asked, user: int) -> Case:
    """Return everything that is needed to explain `user`.

    Raises:
      RouteError: there is no such user, or the log does not say what their history is.
    """
    if user >= about.cohort_size:
        raise not_found("user", "/catalogue lists the cohort's users.")
    replay = replays.get(about.run, about.frame)
    try:
        catalogue = runs.catalogue(about.run)
    except (UnavailableError, KeyError) as error:
        raise unavailable() from error
    person = catalogue.users[user] if user < len(catalogue.users) else pb.User()
    placed = person.axes[schema.HISTORY_AXIS].items if schema.HISTORY_AXIS in person.axes else ()
    history = [replay.of_run.get(number, 0) for number in placed]
    if not history or 0 in history:
        raise RouteError(
            422,
            "no_history",
            "The log does not say which of the model's items this user's history holds.",
            "Give the cohort's users a history of items the model scores.",
        )
    excluded = replay.numbers == UNKNOWN
    seen_removed = _seen_removed(runs, about, user)
    if seen_removed:
        excluded[history] = True
    model = replay.model
    if isinstance(model, FeatureModel) and user >= model.description.users:
        raise not_found("user", "The model was logged without this user's fields.")
    found = Case(
        about.run, about.frame, user, person, catalogue, replay, history, excluded, seen_removed
    )
    if found.target is not None:
        excluded[found.target] = False  # as in the recommendations that are logged
    return found


def _seen_removed(runs: Runs, about: Asked, user: int) -> bool:
    """Tell whether the run's lists leave out what the user has had; they do if nothing is known.

    One answer holds for an attempt: the newest list of the model's is asked.
    """
    with runs.locked() as known:
        run = known.get(about.run)
        logged = run.recommendations if run is not None else None
        timeline = [] if run is None or logged is None else logged.timeline(run.attempts)
        frames = [frame for frame in timeline if frame.attempt == about.frame.attempt]
    if not frames:
        return True
    try:
        return pb.Recommendations.FromString(runs.read(frames[-1], [1 + user])[0]).seen_removed
    except UnavailableError as error:
        raise unavailable() from error
    except (IndexError, DecodeError):
        return True
