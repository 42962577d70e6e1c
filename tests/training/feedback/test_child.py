"""Learning from feedback: what each verdict does, what it must not do, and what is kept of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tensorboard_plugin_attn import Privacy
from tensorboard_plugin_attn.feedback.verdict import Stored
from tests.fixtures.chains import chains
from tests.fixtures.tab import Tab
from tests.unit.feedback.test_store import said
from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.feedback.child import Outcome, learn
from training.feedback.losses import FeedbackLoss, Weights
from training.feedback.satisfied import satisfied, standing
from training.feedback.signals import Signals, signals
from training.feedback.tuning import TuningConfig
from training.guard import Guard
from training.metrics import Metric
from training.models.build import rebuild
from training.pseudonyms import going_on
from training.run_directory import RunDirectory
from training.task import Task
from training.train import train

PRIVACY = Privacy(key=b"k" * 32)
TUNING = TuningConfig(steps=25, learning_rate=3e-3, weight=1.0)
ARCHITECTURES = ("sasrec", "bert4rec")


def config(architecture: str = "sasrec") -> RunConfig:
    return RunConfig(
        model=ModelConfig(
            architecture=architecture, history_length=8, dimension=16, heads=2, layers=1
        ),
        fit=FitConfig(epochs=2, batch_size=16, learning_rate=1e-2),
        logging=LoggingConfig(cohort_size=4, max_overhead=None, top_k=3),
    )


@pytest.fixture(scope="module")
def parents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("parents")
    for name in ARCHITECTURES:
        train(chains(), config(name), directory / name, PRIVACY, verbose=0)
    return directory


def task_of(architecture: str = "sasrec") -> Task:
    return Task.of(chains(), config(architecture))


def verdict(number: int, kind: str, user: int, item: int, evidence: str = "") -> Stored:
    """Return a verdict on the item with this number."""
    ids = chains().item_ids
    content = said(number, kind=kind, user_index=user, item=str(ids[item]), evidence=evidence)
    return Stored(number, content, 0.0, "session")


def inputs_of(directory: Path) -> np.ndarray:
    """Return the cohort's histories, int32 `[user, position]`."""
    from training.attention_log import cohort_of

    architecture = RunDirectory(directory).description()[0].model.architecture
    return np.asarray(cohort_of(task_of(architecture), config(architecture)).inputs)


def lists_of(tab: Tab, run: str, user: int) -> tuple[list[list[str]], list[int]]:
    """Return the ids that were recommended, by step, and the steps."""
    ids = {item["index"]: item["id"] for item in tab.json("/catalogue", run=run)["items"]}
    body = tab.json("/recommendations", run=run, user=user, steps="0-100000")
    return [[ids[index] for index in items] for items in body["items"]], body["steps"]


@pytest.fixture(scope="module")
def everything_said(parents: Path) -> list[Stored]:
    """Return one verdict of each kind, on what SASRec really recommends and rests on."""
    model = rebuild(parents / "sasrec")
    inputs = inputs_of(parents / "sasrec")
    scores = np.array(model.item_scores(tf.constant(inputs)))
    scores[:, 0] = -np.inf
    np.put_along_axis(scores, inputs, -np.inf, axis=1)
    order = np.argsort(-scores, axis=1)
    ids = chains().item_ids
    return [
        verdict(1, "not_relevant", 0, int(order[0, 0])),
        verdict(2, "relevant", 1, int(order[1, 6])),
        verdict(3, "known", 2, int(order[2, 0])),
        verdict(4, "wrong_reason", 3, int(order[3, 0]), evidence=str(ids[inputs[3, -2]])),
    ]


@pytest.fixture(scope="module")
def outcome(parents: Path, everything_said: list[Stored]) -> Outcome:
    return learn(task_of(), parents / "sasrec", everything_said, PRIVACY, config=TUNING, verbose=0)


def test_every_kind_of_verdict_is_satisfied(outcome: Outcome) -> None:
    assert outcome.satisfied == {
        "relevant": (1, 1),
        "not_relevant": (1, 1),
        "known": (1, 1),
        "wrong_reason": (1, 1),
    }


def test_every_part_of_the_loss_fell(outcome: Outcome) -> None:
    assert set(outcome.parts) == {"relevant", "not_relevant", "attention", "effect", "feedback"}
    for name, (before, after) in outcome.parts.items():
        assert after < before, name


def test_the_childs_log_shows_it(outcome: Outcome, everything_said: list[Stored]) -> None:
    tab = Tab(outcome.directory.parent)
    run = f"{outcome.directory.name}/attention"
    rejected, known = everything_said[0].verdict.item, everything_said[2].verdict.item
    lists, steps = lists_of(tab, run, 0)
    assert rejected not in lists[-1]
    assert all(known not in items for items in lists_of(tab, run, 2)[0])
    parents_lists, parents_steps = lists_of(tab, f"{outcome.parent.name}/attention", 0)
    assert rejected in parents_lists[-1] or rejected in parents_lists[-2]
    assert steps[0] > 0
    assert steps[-1] - TUNING.steps <= parents_steps[-1] < steps[-1]


def test_the_parent_is_as_it_was(outcome: Outcome, tmp_path: Path) -> None:
    again = train(chains(), config(), tmp_path / "again", PRIVACY, verbose=0)
    ours, theirs = (rebuild(path) for path in (outcome.parent, again.directory))
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other)), one.path
    child = rebuild(outcome.directory)
    assert any(
        not np.array_equal(np.asarray(one), np.asarray(other))
        for one, other in zip(ours.weights, child.weights, strict=True)
    )


def test_the_child_says_whose_it_is_and_how_it_went(outcome: Outcome) -> None:
    written = json.loads((outcome.directory / "feedback.json").read_text())
    assert written["parent"] == "sasrec"
    assert written["status"] in ("kept", "rejected")
    assert written["guard"]["passed"] == (written["status"] == "kept")
    assert written["satisfied"]["wrong_reason"] == [1, 1]
    assert "4 verdicts" not in str(outcome)
    assert "wrong_reason 1 of 1 satisfied" in str(outcome)


def test_the_same_feedback_gives_the_same_child(
    outcome: Outcome, everything_said: list[Stored]
) -> None:
    again = learn(task_of(), outcome.parent, everything_said, PRIVACY, config=TUNING, verbose=0)
    assert again.directory != outcome.directory
    models = (rebuild(run.directory) for run in (outcome, again))
    for one, other in zip(*(model.weights for model in models), strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other)), one.path


def test_bert4rec_learns_too(parents: Path) -> None:
    model = rebuild(parents / "bert4rec")
    scores = np.array(model.item_scores(tf.constant(inputs_of(parents / "bert4rec"))))
    scores[:, 0] = -np.inf
    worst = verdict(1, "not_relevant", 0, int(scores[0].argmax()))
    learned = learn(
        task_of("bert4rec"), parents / "bert4rec", [worst], PRIVACY, config=TUNING, verbose=0
    )
    before, after = learned.parts["not_relevant"]
    assert after < before


def test_what_is_nothing_to_learn_from_is_said(parents: Path) -> None:
    undone = replace(verdict(1, "relevant", 0, 3), undone_s=5.0)
    with pytest.raises(ValueError, match="1 taken back"):
        learn(task_of(), parents / "sasrec", [undone], PRIVACY, verbose=0)
    with pytest.raises(ValueError, match="--attn_feedback"):
        learn(task_of(), parents / "sasrec", [], PRIVACY, verbose=0)
    assert not (parents / "sasrec-feedback-3").exists()


def test_a_model_of_another_kind_says_so(tmp_path: Path) -> None:
    wanted = config("feature_attention")
    train(chains(), wanted, tmp_path / "features", PRIVACY, verbose=0)
    with pytest.raises(ValueError, match="sasrec and bert4rec"):
        task = Task.of(chains(), wanted)
        learn(task, tmp_path / "features", [verdict(1, "known", 0, 3)], PRIVACY, verbose=0)


def test_the_newest_word_counts_and_what_is_of_no_use_is_counted() -> None:
    inputs = np.array([[0, 1, 2], [3, 1, 3]], np.int32)
    ids = [None, "a", "b", "c"]

    def of(number: int, **changes: object) -> Stored:
        return Stored(number, said(number, **changes), 0.0, "session")

    found = signals(
        [
            of(2, kind="not_relevant", user_index=0, item="c"),
            of(1, kind="relevant", user_index=0, item="c"),
            of(3, kind="known", user_index=1, item="a"),
            of(4, kind="wrong_reason", user_index=1, item="b", evidence="c"),
            of(5, kind="wrong_reason", user_index=0, item="b", evidence="c"),
            of(6, kind="relevant", user_index=9, item="a"),
            of(7, kind="relevant", user_index=0, item="z"),
        ],
        inputs,
        ids,
    )
    assert found.relevant == []
    assert found.rejected == [(0, 3)]
    assert found.known == [(1, 1)]
    [reason] = found.reasons
    assert (reason.user, reason.item, reason.evidence.tolist()) == (1, 2, [True, False, True])
    assert sum(found.left_out.values()) == 3
    assert found.count == 3


def test_attention_and_effect_in_the_loss_are_what_the_model_says(
    parents: Path, everything_said: list[Stored]
) -> None:
    model = rebuild(parents / "sasrec")
    inputs = inputs_of(parents / "sasrec")
    found = signals(everything_said[3:], inputs, [None, *chains().item_ids[1:]])
    parts = FeedbackLoss(model, found, Weights(ranking=1, attention=2, effect=3), 3)()
    now = standing(model, found, remove_seen=True)
    assert float(parts["effect"]) == pytest.approx(now.effect[0] ** 2, rel=1e-3, abs=1e-6)
    assert float(parts["attention"]) >= -np.log1p(-now.attention[0]) - 1e-6
    total = 2 * float(parts["attention"]) + 3 * float(parts["effect"])
    assert float(parts["feedback"]) == pytest.approx(total, rel=1e-6)


def test_half_is_the_line_for_a_reason() -> None:
    class Now:
        def __init__(self, attention: float, effect: float) -> None:
            self.ranks = np.array([], int)
            self.attention, self.effect = np.array([attention]), np.array([effect])

    inputs = np.array([[1]], np.int32)
    reason = signals(
        [Stored(1, said(1, kind="wrong_reason", user_index=0, item="b", evidence="a"), 0.0, "s")],
        inputs,
        [None, "a", "b"],
    )
    for attention, effect, done in ((0.5, 0.5, 1), (0.51, 0.5, 0), (0.5, 0.51, 0)):
        result = satisfied(reason, Now(1, 1), Now(attention, effect), 3)  # type: ignore[arg-type]
        assert result["wrong_reason"] == (done, 1)


@pytest.mark.parametrize(
    ("child", "passed"), [(0.30, True), (0.20, True), (0.181, True), (0.179, False)]
)
def test_the_guard_allows_one_standard_error(child: float, passed: bool) -> None:
    guard = Guard(Metric(0.20, 0.02), Metric(child, 0.02))
    assert guard.passed == passed
    assert ("rejected" in str(guard)) == (not passed)


def test_signals_of_nothing_count_nothing() -> None:
    assert Signals(np.zeros((1, 1), np.int32)).count == 0


def test_the_child_calls_its_users_what_the_parent_calls_them(tmp_path: Path) -> None:
    train(chains(), config(), tmp_path / "parent", Privacy(), verbose=0)
    known = verdict(1, "known", 0, 3)
    learned = learn(task_of(), tmp_path / "parent", [known], Privacy(), config=TUNING, verbose=0)
    tab = Tab(tmp_path)
    names = [
        [user["id"] for user in tab.json("/catalogue", run=f"{run}/attention")["users"]]
        for run in ("parent", learned.directory.name)
    ]
    assert names[0] == names[1]
    assert len(set(names[0])) == config().logging.cohort_size
    metrics = [path.name for path in (learned.directory / "validation").iterdir()]
    assert len(metrics) == 1


def test_other_users_and_an_operators_key_take_over_no_pseudonyms(tmp_path: Path) -> None:
    from training.attention_log import cohort_of

    train(chains(), config(), tmp_path / "parent", Privacy(), verbose=0)
    cohort = cohort_of(task_of(), config())
    random = Privacy()
    assert not going_on(random, cohort, tmp_path / "parent").random
    others = replace(cohort, users=tuple(reversed(cohort.users)))
    assert going_on(random, others, tmp_path / "parent") is random
    assert going_on(PRIVACY, cohort, tmp_path / "parent") is PRIVACY
    assert going_on(random, cohort, tmp_path / "nowhere") is random
