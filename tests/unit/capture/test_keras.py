"""Attention of unmodified Keras models, and a callback that leaves training as it was."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tensorboard_plugin_attn import Cohort, Item, Privacy, User, codec
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.capture.keras import AttentionCallback
from tensorboard_plugin_attn.capture.keras_attention import capturing
from tensorboard_plugin_attn.capture.keras_importance import ImportanceProbe
from tensorboard_plugin_attn.capture.keras_probe import Probe, to_float32
from tensorboard_plugin_attn.capture.selection import Selection
from tensorboard_plugin_attn.logging.schedule import at_steps, every_steps
from tensorboard_plugin_attn.reading.chunks import ChunkReader
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs

LENGTH, ITEMS, HEADS = 6, 11, 2
HISTORIES = ([1, 2, 3, 4, 5, 6], [7, 8, 9])


def third_party_model(*, mask_zero: bool = True, **call: Any) -> keras.Model:
    """Return a functional model as others write it: nobody asked for its scores."""
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(ITEMS, 8, mask_zero=mask_zero)(inputs)
    x = x + layers.MultiHeadAttention(HEADS, 4, dropout=0.5, name="attend")(x, x, **call)
    x = layers.Dense(ITEMS, name="logits")(x[:, -1])
    return keras.Model(inputs, x)


def cohort() -> Cohort:
    padded = np.zeros((len(HISTORIES), LENGTH), np.int32)
    for row, history in zip(padded, HISTORIES, strict=True):
        row[-len(history) :] = history
    return Cohort(
        users=tuple(
            User(f"person-{number}", [str(item) for item in history], target="10")
            for number, history in enumerate(HISTORIES)
        ),
        items={str(item): Item(str(item), f"Item {item}") for item in range(1, ITEMS)},
        inputs=padded,
    )


def data(count: int = 16) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.integers(1, ITEMS, (count, LENGTH)), random.integers(0, ITEMS, count)


def crossentropy() -> keras.losses.Loss:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def compiled(model: keras.Model) -> keras.Model:
    model.compile(optimizer="adam", loss=crossentropy())
    return model


def fit(model: keras.Model, *callbacks: keras.callbacks.Callback, epochs: int = 2) -> None:
    x, y = data()
    model.fit(x, y, batch_size=4, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)


def logged(directory: Path) -> Runs:
    runs = Runs(EventIndex(directory))
    runs.refresh()
    return runs


def logged_steps(directory: Path) -> list[int]:
    with logged(directory).locked() as known:
        run = known["attention"]
        [stream] = run.layers.values()
        return [frame.step for frame in stream.timeline(run.attempts)]


def recommended_steps(directory: Path) -> list[int]:
    with logged(directory).locked() as known:
        run = known["attention"]
        assert run.recommendations is not None
        return [frame.step for frame in run.recommendations.timeline(run.attempts)]


def logged_attention(directory: Path, layer: str, step: int, user: int) -> np.ndarray:
    runs = logged(directory)
    with runs.locked() as known:
        [run] = known.values()
        stream = run.layers[layer]
        frame = stream.at(run.attempts, step)
        assert frame is not None
    return ChunkReader(runs, stream, user).attention(frame)


def watch(logdir: Path, **settings: Any) -> AttentionCallback:
    """Return a callback that is allowed any cost: these models are trained in no time."""
    return AttentionCallback(logdir, **{"cohort": cohort(), "max_overhead": None, **settings})


def test_captures_what_the_layer_would_return_if_asked() -> None:
    layer = layers.MultiHeadAttention(HEADS, 4)
    x = np.random.default_rng(0).normal(size=(3, LENGTH, 8)).astype(np.float32)
    expected, scores = layer(x, x, use_causal_mask=True, return_attention_scores=True)
    with capturing() as captured:
        output = layer(x, x, use_causal_mask=True)
    assert len(captured) == 1
    np.testing.assert_allclose(captured[0].attention, scores, atol=1e-6)
    np.testing.assert_allclose(output, expected, atol=1e-6)


def test_captures_grouped_query_attention() -> None:
    layer = layers.GroupQueryAttention(4, 4, 2)
    x = np.random.default_rng(0).normal(size=(3, LENGTH, 8)).astype(np.float32)
    expected, scores = layer(x, x, return_attention_scores=True)
    with capturing() as captured:
        output = layer(x, x)
    np.testing.assert_allclose(captured[0].attention, scores, atol=1e-6)
    np.testing.assert_allclose(output, expected, atol=1e-6)


def test_captures_with_flash_attention_on_and_leaves_it_on() -> None:
    keras.config.enable_flash_attention()
    try:
        layer = layers.MultiHeadAttention(HEADS, 4)
    finally:
        keras.config.disable_flash_attention()
    layer._flash_attention = True
    x = np.ones((2, LENGTH, 8), np.float32)
    with capturing() as captured:
        layer(x, x)
    assert captured[0].attention.shape == (2, HEADS, LENGTH, LENGTH)
    assert layer._flash_attention is True


class Scaled(layers.MultiHeadAttention):
    """A subclass that overrides what is patched, and calls its parent's."""

    def _compute_attention(
        self,
        query: Any,
        key: Any,
        value: Any,
        attention_mask: Any = None,
        training: Any = None,
        return_attention_scores: bool = False,
    ) -> Any:
        return super()._compute_attention(
            query * 2.0, key, value, attention_mask, training, return_attention_scores
        )


def test_a_subclass_that_calls_its_parents_method_is_captured_once() -> None:
    layer = Scaled(HEADS, 4)
    x = np.random.default_rng(0).normal(size=(3, LENGTH, 8)).astype(np.float32)
    _, expected = layer(x, x, return_attention_scores=True)
    with capturing() as captured:
        layer(x, x)
    assert len(captured) == 1
    np.testing.assert_allclose(captured[0].attention, expected, atol=1e-6)


def test_what_the_model_computes_is_what_its_own_kernel_gives() -> None:
    """The kernel that gives weights answers a query that is masked altogether in another way."""
    layer = layers.MultiHeadAttention(HEADS, 4)
    x = np.random.default_rng(0).normal(size=(1, LENGTH, 8)).astype(np.float32)
    mask = np.ones((1, LENGTH, LENGTH), bool)
    mask[:, 0] = False
    plain = layer(x, x, attention_mask=mask)
    other, _ = layer(x, x, attention_mask=mask, return_attention_scores=True)
    assert np.abs(plain - other).max() > 0.01
    with capturing() as captured:
        watched = layer(x, x, attention_mask=mask)
    np.testing.assert_array_equal(watched, plain)
    assert len(captured) == 1


def test_a_model_that_is_built_while_it_is_watched_is_captured_once() -> None:
    class Late(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed = layers.Embedding(ITEMS, 8)
            self.block = keras.Sequential([layers.Dense(8), layers.Dense(8)])
            self.attend = layers.MultiHeadAttention(HEADS, 4)

        def call(self, items: Any) -> Any:
            x = self.block(self.embed(items))
            return self.attend(x, x)

    probe = Probe(Late(), cohort().inputs, Selection(), None)
    found, _ = probe.run(with_scores=False)
    assert [layer.attention.shape for layer in found] == [(2, HEADS, LENGTH, LENGTH)]
    np.testing.assert_allclose(found[0].attention.sum(axis=-1), 1, atol=1e-5)


def test_nothing_stays_patched_after_an_error() -> None:
    before = layers.MultiHeadAttention.__dict__["_compute_attention"]
    with pytest.raises(RuntimeError, match="in the model"), capturing():
        raise RuntimeError("in the model")
    assert layers.MultiHeadAttention.__dict__["_compute_attention"] is before


def test_callback_logs_every_step_and_the_attention_of_that_step(tmp_path: Path) -> None:
    model = compiled(third_party_model(use_causal_mask=True))
    callback = watch(tmp_path / "attention")
    fit(model, callback)
    runs = logged(tmp_path)
    with runs.locked() as known:
        run = known["attention"]
        [name] = run.layers
        steps = [frame.step for frame in run.layers[name].timeline(run.attempts)]
        assert run.layers[name].metadata.causal
    assert steps == list(range(1, 9))
    # After training the model still has the weights of the last step: ask the layer itself.
    embedded = model.layers[1](cohort().inputs)
    _, expected = model.get_layer("attend")(
        embedded, embedded, use_causal_mask=True, return_attention_scores=True
    )
    for user, history in enumerate(HISTORIES):
        size = len(history)
        shown = logged_attention(tmp_path, name, 8, user)
        assert shown.shape == (HEADS, size, size)
        clean = np.asarray(expected)[user, :, -size:, -size:]
        np.testing.assert_allclose(shown, clean, atol=0.004)


def test_attention_on_padding_is_logged_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = compiled(third_party_model(mask_zero=False))
    with caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"):
        fit(model, watch(tmp_path / "attention"))
    assert sum("of its attention to padding" in message for message in caplog.messages) == 1
    with logged(tmp_path).locked() as known:
        [name] = known["attention"].layers
    assert logged_attention(tmp_path, name, 8, 1).shape == (HEADS, LENGTH, LENGTH)


def test_training_is_the_same_with_and_without_the_callback(tmp_path: Path) -> None:
    weights = []
    for number, watched in enumerate((True, False)):
        keras.utils.set_random_seed(7)
        model = compiled(third_party_model())
        callbacks = [watch(tmp_path / str(number))] if watched else []
        fit(model, *callbacks)
        weights.append(model.get_weights())
    for watched_array, plain_array in zip(*weights, strict=True):
        np.testing.assert_array_equal(watched_array, plain_array)


def test_a_resumed_training_counts_on(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    fit(model, watch(tmp_path / "attention"), epochs=1)
    fit(model, watch(tmp_path / "attention"), epochs=1)
    with logged(tmp_path).locked() as known:
        run = known["attention"]
        [stream] = run.layers.values()
        assert [frame.step for frame in stream.timeline(run.attempts)] == list(range(1, 9))
        assert len(run.attempts) == 2


def test_a_schedule_logs_the_first_and_the_last_too(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    fit(model, watch(tmp_path / "attention", schedule=every_steps(3)))
    with logged(tmp_path).locked() as known:
        run = known["attention"]
        [stream] = run.layers.values()
        assert [frame.step for frame in stream.timeline(run.attempts)] == [1, 3, 6, 8]


def test_a_model_without_keras_attention_is_told_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inputs = keras.Input((LENGTH,), dtype="int32")
    pooled = layers.GlobalAveragePooling1D()(layers.Embedding(ITEMS, 4)(inputs))
    model = compiled(keras.Model(inputs, layers.Dense(ITEMS)(pooled)))
    with caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"):
        fit(model, watch(tmp_path / "attention"))
    [message] = caplog.messages
    assert "the model called no Keras MultiHeadAttention" in message
    assert "AttentionWriter.attention" in message
    assert "No layer's class is called attention either" in message


class OwnAttention(layers.Layer):
    """Attention that is no subclass of Keras'."""

    def call(self, x: Any) -> Any:
        weights = keras.ops.softmax(keras.ops.matmul(x, keras.ops.transpose(x, (0, 2, 1))))
        return keras.ops.matmul(weights, x)


def test_attention_of_a_class_that_cannot_be_seen_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inputs = keras.Input((LENGTH,), dtype="int32")
    inner = keras.Sequential([layers.Embedding(ITEMS, 4), OwnAttention()])
    model = compiled(keras.Model(inputs, layers.Dense(ITEMS)(inner(inputs)[:, -1])))
    with caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"):
        fit(model, watch(tmp_path / "attention"))
    [message] = caplog.messages
    assert "but are classes of their own: OwnAttention." in message


def test_recommendations_are_logged_beside(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    callback = watch(
        tmp_path / "attention",
        scores=lambda model, inputs: model(inputs, training=False),
        score_items=[None, *(str(item) for item in range(1, ITEMS))],
        top_k=3,
    )
    fit(model, callback)
    assert callback.status().rejected == 0
    # log-spaced, the ends of epochs, and the last
    assert recommended_steps(tmp_path) == [1, 2, 3, 4, 5, 6, 8]


def test_recommendations_have_a_schedule_of_their_own_and_scores_are_not_computed_for_nothing(
    tmp_path: Path,
) -> None:
    computed: list[int] = []

    def note(scored: Any) -> Any:
        computed.append(1)
        return scored

    def scores(model: Any, inputs: Any) -> Any:
        scored = model(inputs, training=False)
        noted = tf.numpy_function(note, [scored], tf.float32, stateful=False)
        return tf.ensure_shape(noted, scored.shape)

    model = compiled(third_party_model())
    fit(
        model,
        watch(
            tmp_path / "attention",
            scores=scores,
            score_items=[None, *(str(item) for item in range(1, ITEMS))],
            recommendations_schedule=at_steps([4]),
        ),
    )
    assert logged_steps(tmp_path) == list(range(1, 9))
    assert recommended_steps(tmp_path) == [1, 4, 8]
    assert len(computed) == 3


def test_an_error_in_the_users_scores_does_not_stop_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(model: Any, inputs: Any) -> Any:
        raise RuntimeError("not written yet")

    model = compiled(third_party_model())
    callback = watch(tmp_path / "attention", scores=broken, score_items=["a"])
    with caplog.at_level(logging.ERROR, "tensorboard_plugin_attn"):
        fit(model, callback)
    assert int(model.optimizer.iterations) == 8
    assert [record.message for record in caplog.records] == [
        "attention: not logging any more; training goes on"
    ]


def test_a_directory_that_cannot_be_written_does_not_stop_training(tmp_path: Path) -> None:
    (tmp_path / "attention").write_text("a file stands where the directory should be")
    model = compiled(third_party_model())
    callback = watch(tmp_path / "attention")
    fit(model, callback)
    status = callback.status()
    assert status.failed == status.offered == 8
    assert status.degraded


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cohort": Cohort()}, "no inputs"),
        ({"max_overhead": 0}, "max_overhead=0"),
        ({"heads": [-1]}, "numbers of heads from 0"),
        ({"users": ["nobody"]}, "give ids of the cohort's users"),
        ({"inputs": np.ones((3, LENGTH), np.int32)}, "3 rows for a cohort of 2 users"),
        ({"inputs": [[1, 2]]}, "no rows for a cohort of 2 users: give arrays"),
        ({"scores": lambda model, inputs: None}, "score_items"),
    ],
)
def test_bad_arguments_say_what_to_do(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        watch(tmp_path, **arguments)


def test_a_choice_of_layers_that_fits_none_names_those_there_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = compiled(third_party_model())
    callback = watch(tmp_path / "a", layers=["no such layer"])
    with caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"):
        fit(model, callback)
    assert callback.status().offered == 0
    [message] = caplog.messages
    assert "layers=['no such layer'] fits no layer" in message
    assert message.endswith("choose from: attend")


def test_layers_can_be_chosen(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    fit(model, watch(tmp_path / "attention", layers=["att"]))
    assert logged_steps(tmp_path) == list(range(1, 9))


def test_one_batch_event_for_several_steps_is_logged_as_the_optimizer_counts(
    tmp_path: Path,
) -> None:
    model = third_party_model()
    model.compile(optimizer="adam", loss=crossentropy(), steps_per_execution=4)
    fit(model, watch(tmp_path / "attention"))
    assert logged_steps(tmp_path) == [4, 8]


def test_batches_that_only_accumulate_gradients_are_no_steps(tmp_path: Path) -> None:
    model = third_party_model()
    optimizer = keras.optimizers.Adam(gradient_accumulation_steps=2)
    model.compile(optimizer=optimizer, loss=crossentropy())
    fit(model, watch(tmp_path / "attention"))
    assert logged_steps(tmp_path) == [1, 2, 3, 4]


def test_a_callback_used_in_two_fits_logs_both_under_the_same_pseudonyms(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    callback = watch(tmp_path / "attention")
    fit(model, callback, epochs=1)
    before = [user.id for user in logged(tmp_path).catalogue("attention").users]
    fit(model, callback, epochs=1)
    assert logged_steps(tmp_path) == list(range(1, 9))
    assert [user.id for user in logged(tmp_path).catalogue("attention").users] == before
    assert callback.status().dropped == 0


def test_a_callback_moved_to_another_model_watches_that_one(tmp_path: Path) -> None:
    first, second = (compiled(third_party_model(use_causal_mask=True)) for _ in range(2))
    callback = watch(tmp_path / "attention")
    fit(first, callback, epochs=1)
    fit(second, callback, epochs=2)
    embedded = second.layers[1](cohort().inputs)
    _, expected = second.get_layer("attend")(
        embedded, embedded, use_causal_mask=True, return_attention_scores=True
    )
    shown = logged_attention(tmp_path, "attend", 8, 0)
    np.testing.assert_allclose(shown, np.asarray(expected)[0], atol=0.004)


def test_heads_and_users_can_be_chosen_and_keep_their_names(tmp_path: Path) -> None:
    model = compiled(third_party_model(use_causal_mask=True))
    callback = watch(
        tmp_path / "attention",
        heads={"attend": [1]},
        users=["person-1"],
        lengths=[6, 3],
        privacy=Privacy(key=b"k" * 32),
    )
    fit(model, callback)
    embedded = model.layers[1](cohort().inputs)
    _, expected = model.get_layer("attend")(
        embedded, embedded, use_causal_mask=True, return_attention_scores=True
    )
    shown = logged_attention(tmp_path, "attend", 8, 0)
    np.testing.assert_allclose(shown, np.asarray(expected)[1, 1:, -3:, -3:], atol=0.004)
    runs = logged(tmp_path)
    with runs.locked() as known:
        told = known["attention"].layers["attend"].metadata
    assert (list(told.head_names), told.cohort_size) == (["head 1"], 1)
    [user] = runs.catalogue("attention").users
    assert user.id == Privacy(key=b"k" * 32).pseudonym("person-1")


def test_what_logging_costs_is_kept_in_check_marked_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = compiled(third_party_model())
    callback = watch(tmp_path / "attention", max_overhead=1e-9)
    x, y = data()
    model.fit(x, y, batch_size=4, epochs=2, callbacks=[callback])
    assert logged_steps(tmp_path) == [1, 2, 8]
    assert (callback.cost.logged_steps, callback.cost.thinned_steps) == (3, 5)
    with logged(tmp_path).locked() as known:
        run = known["attention"]
        assert run.cost is not None
        assert (run.cost.logged_steps, run.cost.thinned_steps) == (3, 5)
        [gap] = run.gaps
    assert (gap.reason, gap.first_step, gap.last_step, gap.frame_count) == ("thinned", 3, 7, 5)
    assert "attention: logged 3 of 8 steps, cost " in capsys.readouterr().out


def test_what_it_cost_is_said_once_where_the_program_logs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    x, y = data()
    with caplog.at_level(logging.INFO, "tensorboard_plugin_attn"):
        compiled(third_party_model()).fit(
            x, y, batch_size=4, callbacks=[watch(tmp_path / "attention")]
        )
    assert sum("attention: logged" in message for message in caplog.messages) == 1
    assert "attention: logged" not in capsys.readouterr().out


def test_the_capture_is_described(tmp_path: Path) -> None:
    fit(compiled(third_party_model()), watch(tmp_path / "attention"))
    with logged(tmp_path).locked() as known:
        told = known["attention"].layers["attend"].metadata
    assert (told.mode, told.dropout_stage) == (pb.EVALUATION, pb.BEFORE_DROPOUT)
    assert (told.kind, told.similarity) == (pb.SELF, pb.SCALED_DOT_PRODUCT)


def test_half_precision_attention_is_logged(tmp_path: Path) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = compiled(third_party_model(use_causal_mask=True))
    finally:
        keras.config.set_dtype_policy("float32")
    callback = watch(tmp_path / "attention")
    fit(model, callback)
    assert callback.status().rejected == 0
    assert logged_steps(tmp_path) == list(range(1, 9))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_rows_are_scaled_to_1_and_get_no_worse(dtype: str) -> None:
    logits = tf.cast(np.random.default_rng(0).normal(scale=3, size=(64, 1, 1, 20)), dtype)
    rounded = tf.nn.softmax(logits)  # [user, head, query, key]
    expected = tf.nn.softmax(tf.cast(logits, tf.float32))
    scaled = to_float32(rounded).numpy()
    np.testing.assert_allclose(scaled.sum(axis=-1), 1, atol=1e-5)
    error_before = np.abs(tf.cast(rounded, tf.float32) - expected).max()
    assert np.abs(scaled - expected).max() <= error_before


def test_rows_that_are_no_attention_are_not_made_to_look_like_it() -> None:
    rows = tf.constant([[0.0, 0.0], [0.5, 0.4], [0.9, 0.9]], tf.bfloat16)[None, None]
    np.testing.assert_array_equal(to_float32(rows), tf.cast(rows, tf.float32))


def test_epochs_are_fractional_and_end_whole(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    fit(model, watch(tmp_path / "attention"))
    with logged(tmp_path).locked() as known:
        run = known["attention"]
        [stream] = run.layers.values()
        epochs = [frame.epoch for frame in stream.timeline(run.attempts)]
    assert epochs == pytest.approx([0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2])


def test_raw_user_ids_are_nowhere_in_the_log(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    callback = watch(tmp_path / "attention", privacy=Privacy(key=b"k" * 32))
    fit(model, callback)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"person-" not in file.read_bytes()


def item_scores(model: Any, inputs: Any) -> Any:
    return model(inputs, training=False)


def importance_by_step(directory: Path) -> dict[int, list[list[float]]]:
    """Return importance `[user][head]` of the steps of the only layer that have it."""
    runs = logged(directory)
    with runs.locked() as known:
        [run] = known.values()
        [stream] = run.layers.values()
        frames = stream.timeline(run.attempts)
    headers = {frame.step: codec.open_header(runs.read(frame, [0])[0]) for frame in frames}
    assert {frame.step for frame in frames if frame.has_importance} == {
        step for step, header in headers.items() if header.chunks[0].measures.importance
    }
    return {
        step: [[*chunk.measures.importance] for chunk in header.chunks]
        for step, header in headers.items()
        if header.chunks[0].measures.importance
    }


def test_the_callback_logs_importance_on_its_schedule_and_changes_no_training(
    tmp_path: Path,
) -> None:
    weights = []
    for watched in (True, False):
        keras.utils.set_random_seed(7)
        model = compiled(third_party_model())
        settings: dict[str, Any] = {
            "scores": item_scores,
            "score_items": [None, *map(str, range(1, ITEMS))],
            "importance_schedule": every_steps(4),
        }
        fit(model, *([watch(tmp_path / "attention", **settings)] if watched else []))
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    found = importance_by_step(tmp_path)
    assert list(found) == [1, 4, 8]
    now = ImportanceProbe(model, cohort().inputs, item_scores, [10, 10]).run()["attend"]
    np.testing.assert_allclose(found[8], now, rtol=1e-4)


def test_scores_without_a_gradient_cost_the_importance_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @tf.custom_gradient
    def no_way_back(scores: Any) -> tuple[Any, Any]:
        def refuse(_: Any) -> Any:
            raise NotImplementedError("no gradient here")

        return scores, refuse

    model = compiled(third_party_model())
    callback = watch(
        tmp_path / "attention",
        scores=lambda model, inputs: no_way_back(model(inputs, training=False)),
        score_items=[None, *map(str, range(1, ITEMS))],
    )
    fit(model, callback)
    assert logged_steps(tmp_path) == list(range(1, 9))
    assert importance_by_step(tmp_path) == {}
    assert caplog.text.count("no importance of heads") == 1
