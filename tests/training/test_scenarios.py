"""Each scenario by its command: trained for a moment, read back from its log, and resumed."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.attention import UserAttention, read_user
from tensorboard_plugin_attn.reading.catalogue import Catalogue
from tensorboard_plugin_attn.reading.chunks import ChunkReader
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs
from tests.fixtures.recbole_files import write_ml100k
from training.__main__ import main
from training.run_directory import RunDirectory
from training.scenarios.table import SCENARIOS

COHORT, CANDIDATES = 3, 8
BY_FEATURE = "feature_attention/by_feature"
EVERY_KEY = "feature_attention/target_attention"
SMALL = (
    "--model feature_attention --epochs 1 --max-users 40 --dimension 8 --heads 2 --negatives 8 "
    f"--batch-size 64 --text-encoder hashing --cohort {COHORT}"
).split()


@dataclass(frozen=True)
class Expected:
    """What a scenario's log must say.

    Attributes:
      query_axis: what a row is.
      features: names of the columns by feature, in order; friends have numbers.
      label: "synthetic" or "built" if the data is.
      user: what a user is called.
      title: a word of the titles of its items.
    """

    query_axis: str
    features: tuple[str, ...]
    user: str
    title: str
    label: str = ""

    @property
    def run(self) -> str:
        return f"{self.label}-feature_attention" if self.label else "feature_attention"


EXPECTED = {
    "ecommerce": Expected(
        "candidate product",
        (
            "purchase history",
            "customer: country",
            "product: price band (£)",
            "product: text",
            "product: price, scaled",
        ),
        "Customer",
        "BAG",
    ),
    "movies": Expected(
        "candidate movie",
        (
            "rating history",
            "viewer: age",
            "viewer: gender",
            "viewer: occupation",
            "viewer: age, scaled",
            "movie: year",
            "movie: genre",
            "movie: genre 2",
            "movie: text",
        ),
        "Viewer",
        "Made up",
    ),
    "news": Expected(
        "candidate article category",
        ("page view history", "article category: section", "article category: text"),
        "Visitor",
        "front page",
    ),
    "support": Expected(
        "candidate answer",
        (
            "query history",
            "this query: text",
            "answer: domain",
            "answer: source",
            "answer: text",
        ),
        "Built dialogue",
        "card",
        "built",
    ),
    "finance": Expected(
        "candidate instrument",
        (
            "purchase history",
            "customer: risk level",
            "customer: customer type",
            "customer: capacity",
            "instrument: kind",
            "instrument: sub-kind",
            "instrument: sector",
            "instrument: text",
        ),
        "Synthetic customer",
        "Synthetic",
        "synthetic",
    ),
    "music": Expected(
        "candidate artist",
        (
            "tagging history",
            "listener: number of friends",
            "listener: friends, scaled",
            *(f"friend {number}" for number in range(1, 11)),
            "artist: tag",
            "artist: tag 2",
            "artist: tag 3",
            "artist: text",
        ),
        "Synthetic listener",
        "Synthetic",
        "synthetic",
    ),
}


@dataclass
class Logged:
    """A scenario's log, read back."""

    name: str
    command: list[str]
    logdir: Path
    said: str

    def __post_init__(self) -> None:
        self.runs = Runs(EventIndex(self.logdir))
        self.runs.refresh()

    @property
    def expected(self) -> Expected:
        return EXPECTED[self.name]

    @property
    def run(self) -> str:
        return f"{self.expected.run}/attention"

    @property
    def catalogue(self) -> Catalogue:
        return self.runs.catalogue(self.run)

    def picture(self, layer: str, user: int) -> tuple[UserAttention, list[str], list[str]]:
        """Return the last attention of a user, and what stands along its rows and columns."""
        with self.runs.locked() as known:
            run = known[self.run]
            stream = run.layers[layer]
            frame = stream.timeline(run.attempts)[-1]
        found = read_user(ChunkReader(self.runs, stream, user), frame)
        items, axis = self.catalogue.items, self.catalogue.axis
        rows, columns = (
            [items[number].label or items[number].id for number in axis(frame.attempt, n) or ()]
            for n in (found.chunk.query_axis_number, found.chunk.key_axis_number)
        )
        return found, rows, columns


@pytest.fixture(scope="module", params=list(SCENARIOS))
def logged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Logged:
    directory = tmp_path_factory.mktemp(request.param)
    command = [request.param, "--logdir", str(directory / "logs"), *SMALL]
    if request.param == "movies":
        command += ["--data", str(write_ml100k(directory / "ml-100k", users=40))]
    with redirect_stdout(io.StringIO()) as said:
        assert main(command) == 0
    return Logged(request.param, command, directory / "logs", said.getvalue())


def test_every_scenario_is_expected_something_of() -> None:
    assert EXPECTED.keys() == SCENARIOS.keys()


def test_candidates_stand_over_features_in_the_words_of_the_domain(logged: Logged) -> None:
    with logged.runs.locked() as known:
        layers = {name: stream.metadata for name, stream in known[logged.run].layers.items()}
    named = {name: (meta.kind, meta.query_axis, meta.key_axis) for name, meta in layers.items()}
    axis = logged.expected.query_axis
    assert named == {
        BY_FEATURE: (pb.FIELD, axis, "feature"),
        EVERY_KEY: (pb.TARGET, axis, "history and features"),
    }
    titles = {item.label for item in logged.catalogue.items if item.label}
    assert any(logged.expected.title in title for title in titles)
    for user in range(COHORT):
        found, rows, columns = logged.picture(BY_FEATURE, user)
        names = [name for name in columns if not name.startswith("friend ")]
        assert names == [n for n in logged.expected.features if not n.startswith("friend ")]
        assert set(columns) <= set(logged.expected.features)
        assert 2 <= len(rows) <= CANDIDATES
        assert len(set(rows)) == len(rows)
        assert set(rows) <= titles
        assert found.attention.shape == (2, len(rows), len(columns))


def test_the_picture_by_feature_is_the_other_with_its_history_added_up(logged: Logged) -> None:
    for user in range(COHORT):
        by_feature, rows, columns = logged.picture(BY_FEATURE, user)
        every_key, same_rows, keys = logged.picture(EVERY_KEY, user)
        history = len(keys) - len(columns) + 1
        assert rows == same_rows
        assert keys[history:] == columns[1:]
        own = {item.index: item for item in logged.catalogue.items}
        assert {own[i].label for i in logged.catalogue.users[user].axes["history"].items} >= set(
            keys[:history]
        )
        np.testing.assert_allclose(
            by_feature.attention[..., 1:], every_key.attention[..., history:], atol=0.01
        )
        added = every_key.attention[..., :history].sum(axis=-1)
        np.testing.assert_allclose(by_feature.attention[..., 0], added, atol=0.01 * history)


def test_data_that_is_not_real_says_so_everywhere(logged: Logged) -> None:
    label, users = logged.expected.label, logged.catalogue.users
    assert [user.label for user in users] == [
        f"{logged.expected.user} {number}" for number in range(1, COHORT + 1)
    ]
    assert all(user.id.startswith("u-") for user in users)
    assert all(user.attributes.get("data", "") == label for user in users)
    assert (logged.logdir / logged.expected.run).is_dir()
    if label:
        assert f"\n{label.upper()} data\n" in logged.said
    else:
        assert "(real data)" in logged.said
        assert "synthetic" not in logged.said.lower()


def test_it_says_what_it_read_logged_and_cost_and_how_to_look(logged: Logged) -> None:
    for part in (
        "rows read",
        "with items held out",
        "records written, 0 lost",
        "ms a step",
        "Test items, seen items kept",
        ", ".join(logged.expected.features[1:]),
        f"tensorboard --logdir {logged.logdir}",
    ):
        assert part in logged.said
    repeats = logged.name in ("news", "support")
    assert ("may come again" in logged.said) == repeats
    rule = "kept" if repeats else "removed"
    assert f"The ten recommended, seen items {rule}" in logged.said


def test_seen_items_are_recommended_where_items_come_again(logged: Logged) -> None:
    repeats = logged.name in ("news", "support")
    with logged.runs.locked() as known:
        run = known[logged.run]
        assert run.recommendations is not None
        frame = run.recommendations.timeline(run.attempts)[-1]
    blobs = logged.runs.read(frame, range(1, 1 + COHORT))
    found = [pb.Recommendations.FromString(blob) for blob in blobs]
    assert all(each.seen_removed != repeats for each in found)


def test_a_run_is_resumed_with_the_data_it_began_with(logged: Logged) -> None:
    run = logged.expected.run
    source = RunDirectory(logged.logdir / run).source()
    assert (source["scenario"], source["max_users"]) == (logged.name, 40)
    assert source["text_encoder"] == "hashing"
    resumed = [logged.name, "--logdir", str(logged.logdir), "--resume", run, "--epochs", "2"]
    assert main(resumed) == 0
    after = Logged(logged.name, resumed, logged.logdir, "")
    with after.runs.locked() as known:
        assert len(known[after.run].attempts) == 2
    assert RunDirectory(logged.logdir / run).progress().epoch == 2
    assert after.picture(BY_FEATURE, 0)[1:] == logged.picture(BY_FEATURE, 0)[1:]
