"""A trained model as the tab explains it: what the server replays is what Keras computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn import Privacy
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.server.replay import Case, asked, case
from tests.fixtures.chains import ITEMS, chains
from tests.fixtures.tab import Tab
from tests.training.test_runs import PRIVACY, configured
from training.datasets.domain import Domain, Words
from training.models.build import rebuild
from training.preprocessing.features import FeatureEncoder, Features
from training.preprocessing.interactions import Interactions
from training.preprocessing.splitting import leave_one_out
from training.train import train

USERS = range(3)


@pytest.fixture(scope="module", params=["sasrec", "bert4rec"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp(request.param) / "run"
    config = configured(request.param)
    config = replace(config, model=replace(config.model, layers=2))
    train(chains(), config, directory, PRIVACY, verbose=0)
    return directory


@pytest.fixture(scope="module")
def tab(trained: Path) -> Tab:
    return Tab(trained)


@pytest.fixture(scope="module")
def keras_model(trained: Path) -> Any:
    """Return the model after its last step, which the log holds too."""
    model = rebuild(trained)
    newest = sorted((trained / "checkpoints").glob("epoch_*.weights.h5"))[-1]
    model.load_weights(newest)
    return model


def explained(tab: Tab, user: int) -> Case:
    from werkzeug.test import EnvironBuilder
    from werkzeug.wrappers import Request

    query = {"run": "attention", "steps": "latest"}
    request = Request(EnvironBuilder(query_string=query).get_environ())
    plugin = tab.plugin
    return case(plugin._runs, plugin._replays, asked(plugin._runs, request), user)


def padded(histories: list[list[int]]) -> np.ndarray:
    items = np.zeros((len(histories), 8), np.int32)
    for row, history in zip(items, histories, strict=True):
        row[len(row) - len(history) :] = history
    return items


@pytest.mark.parametrize("user", USERS)
def test_scores_and_deletions_are_those_of_keras(tab: Tab, keras_model: Any, user: int) -> None:
    of = explained(tab, user)
    history = list(of.history)
    shorter = [history[:place] + history[place + 1 :] for place in range(len(history))]
    theirs = np.asarray(keras_model.item_scores(padded([history, *shorter])))
    edits = [Edit(), *(Edit(deleted=frozenset({place})) for place in range(len(history)))]
    np.testing.assert_allclose(of.predict()(edits), theirs, atol=1e-4)


@pytest.mark.parametrize("user", USERS)
def test_masked_keys_are_those_of_keras(tab: Tab, keras_model: Any, user: int) -> None:
    of = explained(tab, user)
    log_weight = np.zeros((1, 8), np.float32)
    log_weight[0, -2] = -np.inf
    theirs = np.asarray(keras_model.item_scores(padded([list(of.history)]), log_weight))
    place = len(of.history) - 2
    ours = of.predict()([Edit(weights={place: 0.0})])
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("head", [0, 1])
def test_the_stages_end_in_the_attention_that_was_logged(
    tab: Tab, user: int, layer: int, head: int
) -> None:
    [run] = tab.json("/runs")["runs"]
    name = run["layers"][layer]["name"]
    asked_for = {"run": "attention", "user": user, "layer": name, "steps": "latest"}
    answer = tab.frames(**asked_for)
    [frame] = answer.header["frames"]
    logged = answer.attention(frame)[head]
    for query in range(len(logged)):
        found = tab.json("/computation", **asked_for, head=head, query=query)
        assert found["step"] == frame["step"]
        np.testing.assert_allclose(found["attention"], logged[query], atol=0.004)


def test_the_list_of_evidence_is_the_list_that_was_logged(tab: Tab) -> None:
    for user in USERS:
        logged = tab.json("/recommendations", run="attention", user=user, steps="latest")
        found = tab.json("/evidence", run="attention", user=user, steps="latest")
        rows = found["recommendations"]
        assert [row["item"] for row in rows] == logged["items"][0]
        np.testing.assert_allclose([r["score"] for r in rows], logged["scores"][0], atol=1e-4)
        assert found["target"]["rank"] == logged["target_ranks"][0]


def test_models_are_logged_at_each_epoch_and_every_item_has_its_name(tab: Tab) -> None:
    models = tab.json("/models", run="attention")
    assert {1.0, 2.0, 3.0} <= {round(epoch, 6) for epoch in models["epochs"]}
    assert models["gaps"] == []
    items = tab.json("/items", run="attention", steps="latest", query="")
    assert items["count"] == ITEMS - 1
    listed = tab.json("/catalogue", run="attention")["items"]
    assert len(listed) <= ITEMS - 1


def test_evidence_is_of_the_validation_histories(tab: Tab) -> None:
    train_part = {tuple(each.tolist()) for each in leave_one_out(chains().sequences).train}
    assert all(tuple(explained(tab, user).history) in train_part for user in USERS)


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("features") / "run"
    privacy = Privacy(key=b"k" * 32, user_attributes=frozenset({"country"}))
    train(chains(), configured("feature_attention"), directory, privacy, verbose=0)
    return directory


def test_feature_attention_is_replayed_with_its_fields_and_neighbours(features: Path) -> None:
    tab = Tab(features)
    for user in USERS:
        asked_for = {"run": "attention", "user": user, "steps": "latest"}
        logged = tab.json("/recommendations", **asked_for)
        found = tab.json("/evidence", **asked_for)
        assert {"user: country", "item: shelf"} <= set(found["features"])
        rows = found["recommendations"]
        assert [row["item"] for row in rows] == logged["items"][0]
        np.testing.assert_allclose([r["score"] for r in rows], logged["scores"][0], atol=1e-4)
        places = len(found["history"]) + len(found["features"])
        for row in rows:
            assert len(row["attention"]) == len(row["drop_when_deleted"]) == places
            assert sum(row["attention"]) == pytest.approx(1, abs=1e-3)
        np.testing.assert_allclose(  # one layer: what gets no attention is not there
            rows[0]["drop_when_deleted"][len(found["history"]) :],
            rows[0]["drop_when_masked"][len(found["history"]) :],
        )


def test_a_features_weight_re_ranks_the_list(features: Path) -> None:
    tab = Tab(features)
    asked_for = {"run": "attention", "user": 0, "steps": "latest"}
    found = tab.json("/evidence", **asked_for)
    place = len(found["history"]) + found["features"].index("user: country")
    answer = tab.json("/whatif", **asked_for, weights=f"{place}:0", heads_off="0.1")
    before, after = answer["attention_before"][0], answer["attention_after"][0]
    assert before[place] > 0 == after[place]
    one = tab.json("/whatif", **asked_for, weights=f"{place}:0")
    drop = found["recommendations"][0]["drop_when_deleted"][place]
    first = found["recommendations"][0]
    rows = {row["item"]: row for row in [*one["recommendations"], *one["gone"]]}
    assert rows[first["item"]]["score_after"] == pytest.approx(first["score"] - drop, abs=1e-4)
    card = tab.json("/faithfulness", run="attention", steps="latest")
    assert "attention" in {each["method"] for each in card["newest_aside"]}
    inside = tab.error("/computation", **asked_for, layer=found["layers"][0], head=0)
    assert inside == (422, "not_inside")
    assert tab.get("/whatif", **asked_for, layers_off="0").status_code == 400


SUPPORT = Words("answer", "answers", "customer", "customers", "query")


def with_vectors() -> tuple[Interactions, Features]:
    """Return the chains with random texts and numbers: of items, of users, and said by them."""
    interactions, random = chains(), np.random.default_rng(2)
    users = len(interactions.sequences)

    def vectors(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype(np.float32)

    features = FeatureEncoder.learn(interactions, leave_one_out(interactions.sequences))
    return interactions, replace(
        features.encode(interactions),
        item_text=vectors(ITEMS, 6),
        texts=[vectors(len(items), 5) for items in interactions.sequences],
        item_dense=vectors(ITEMS, 1),
        item_dense_names=("price",),
        user_dense=vectors(users, 2),
        user_dense_names=("age", "visits"),
    )


OF_PEOPLE = frozenset({"country", "age", "visits", "said"})


def trained_with_vectors(
    directory: Path, attributes: frozenset[str], *, repeats: bool = False
) -> Tab:
    interactions, features = with_vectors()
    privacy = Privacy(key=b"k" * 32, user_attributes=attributes)
    config = configured("feature_attention", epochs=1)
    data = {"features": features, "domain": Domain(SUPPORT, repeats=repeats)}
    train(interactions, config, directory, privacy, **data, verbose=0)
    return Tab(directory)


@pytest.mark.parametrize("repeats", [False, True])  # so what was seen is no candidate, or one
def test_texts_and_numbers_are_replayed_in_the_domains_words(tmp_path: Path, repeats: bool) -> None:
    tab = trained_with_vectors(tmp_path / "run", OF_PEOPLE, repeats=repeats)
    for user in USERS:
        asked_for = {"run": "attention", "user": user, "steps": "latest"}
        logged = tab.json("/recommendations", **asked_for)
        found = tab.json("/evidence", **asked_for)
        assert [name for name in found["features"] if "neighbour" not in name] == [
            "customer: country",
            "customer: age, visits, scaled",
            "this query: text",
            "answer: shelf",
            "answer: text",
            "answer: price, scaled",
        ]
        rows = found["recommendations"]
        assert logged["seen_removed"] != repeats
        assert [row["item"] for row in rows] == logged["items"][0]
        np.testing.assert_allclose([r["score"] for r in rows], logged["scores"][0], atol=1e-4)
        assert found["target"]["rank"] == logged["target_ranks"][0]
        place = len(found["history"]) + found["features"].index("answer: text")
        answer = tab.json("/whatif", **asked_for, weights=f"{place}:0")
        assert answer["attention_before"][0][place] > 0 == answer["attention_after"][0][place]


@pytest.mark.parametrize("secret", sorted(OF_PEOPLE))
def test_what_users_are_or_say_is_in_no_model_unless_all_of_it_may_be(
    secret: str, tmp_path: Path
) -> None:
    tab = trained_with_vectors(tmp_path / "run", OF_PEOPLE - {secret})
    assert tab.json("/models", run="attention")["steps"] == []


def test_fields_that_may_not_be_written_are_in_no_model(tmp_path: Path) -> None:
    train(chains(), configured("feature_attention"), tmp_path / "run", PRIVACY, verbose=0)
    assert Tab(tmp_path / "run").json("/models", run="attention")["steps"] == []
