"""Attention of unmodified Keras models, and a callback that leaves training as it was."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from tensorboard_plugin_attn import Cohort, Item, Privacy, User, codec
from tensorboard_plugin_attn.capture.keras import NOTHING_CAPTURED, AttentionCallback
from tensorboard_plugin_attn.capture.keras_attention import capturing
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


def compiled(model: keras.Model) -> keras.Model:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss)
    return model


def fit(model: keras.Model, *callbacks: keras.callbacks.Callback, epochs: int = 2) -> None:
    x, y = data()
    model.fit(x, y, batch_size=4, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)


def logged(directory: Path) -> Runs:
    runs = Runs(EventIndex(directory))
    runs.refresh()
    return runs


def logged_attention(directory: Path, layer: str, step: int, user: int) -> np.ndarray:
    runs = logged(directory)
    with runs.locked() as known:
        [run] = known.values()
        stream = run.layers[layer]
        frame = stream.at(run.attempts, step)
        assert frame is not None
        header = codec.open_header(runs.read(frame, [0])[0])
        chunk = header.chunks[user]
        raw = codec.inflate(runs.read(frame, [1 + user])[0], chunk.raw_bytes)
        if chunk.key_sequence:
            key = stream.by_sequence(frame.attempt, chunk.key_sequence)
            assert key is not None
            raw = codec.add_key(raw, codec.inflate(runs.read(key, [1 + user])[0], chunk.raw_bytes))
    assert codec.crc32c(raw) == chunk.crc32c
    triangle = chunk.layout == 2
    shape = codec.Shape(header.head_count, chunk.query_length, chunk.key_length, triangle)
    return codec.decode(raw, shape, chunk.encoding)


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


def test_nothing_stays_patched_after_an_error() -> None:
    before = layers.MultiHeadAttention.__dict__["_compute_attention"]
    with pytest.raises(RuntimeError, match="in the model"), capturing():
        raise RuntimeError("in the model")
    assert layers.MultiHeadAttention.__dict__["_compute_attention"] is before


def test_callback_logs_every_step_and_the_attention_of_that_step(tmp_path: Path) -> None:
    model = compiled(third_party_model(use_causal_mask=True))
    callback = AttentionCallback(tmp_path / "attention", cohort=cohort())
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
        fit(model, AttentionCallback(tmp_path / "attention", cohort=cohort()))
    assert sum("of its attention to padding" in message for message in caplog.messages) == 1
    with logged(tmp_path).locked() as known:
        [name] = known["attention"].layers
    assert logged_attention(tmp_path, name, 8, 1).shape == (HEADS, LENGTH, LENGTH)


def test_training_is_the_same_with_and_without_the_callback(tmp_path: Path) -> None:
    weights = []
    for number, watched in enumerate((True, False)):
        keras.utils.set_random_seed(7)
        model = compiled(third_party_model())
        callbacks = [AttentionCallback(tmp_path / str(number), cohort=cohort())] if watched else []
        fit(model, *callbacks)
        weights.append(model.get_weights())
    for watched_array, plain_array in zip(*weights, strict=True):
        np.testing.assert_array_equal(watched_array, plain_array)


def test_a_resumed_training_counts_on(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    fit(model, AttentionCallback(tmp_path / "attention", cohort=cohort()), epochs=1)
    fit(model, AttentionCallback(tmp_path / "attention", cohort=cohort()), epochs=1)
    with logged(tmp_path).locked() as known:
        run = known["attention"]
        [stream] = run.layers.values()
        assert [frame.step for frame in stream.timeline(run.attempts)] == list(range(1, 9))
        assert len(run.attempts) == 2


def test_every_steps_logs_the_first_and_the_last_too(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    fit(model, AttentionCallback(tmp_path / "attention", cohort=cohort(), every_steps=3))
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
        fit(model, AttentionCallback(tmp_path / "attention", cohort=cohort()))
    assert caplog.messages.count(NOTHING_CAPTURED) == 1
    assert "AttentionWriter.attention" in NOTHING_CAPTURED


def test_recommendations_are_logged_beside(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    callback = AttentionCallback(
        tmp_path / "attention",
        cohort=cohort(),
        scores=lambda model, inputs: model(inputs, training=False),
        score_items=[None, *(str(item) for item in range(1, ITEMS))],
        top_k=3,
    )
    fit(model, callback)
    assert callback.status().rejected == 0
    with logged(tmp_path).locked() as known:
        stream = known["attention"].recommendations
        assert stream is not None
        assert len(stream.timeline(known["attention"].attempts)) == 8


def test_an_error_in_the_users_scores_does_not_stop_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(model: Any, inputs: Any) -> Any:
        raise RuntimeError("not written yet")

    model = compiled(third_party_model())
    callback = AttentionCallback(
        tmp_path / "attention", cohort=cohort(), scores=broken, score_items=["a"]
    )
    with caplog.at_level(logging.ERROR, "tensorboard_plugin_attn"):
        fit(model, callback)
    assert int(model.optimizer.iterations) == 8
    assert [record.message for record in caplog.records] == [
        "AttentionCallback: not logging any more; training goes on"
    ]


def test_a_directory_that_cannot_be_written_does_not_stop_training(tmp_path: Path) -> None:
    (tmp_path / "attention").write_text("a file stands where the directory should be")
    model = compiled(third_party_model())
    callback = AttentionCallback(tmp_path / "attention", cohort=cohort())
    fit(model, callback)
    status = callback.status()
    assert status.failed == status.offered == 8
    assert status.degraded


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cohort": Cohort()}, "no inputs"),
        ({"every_steps": 0}, "every_steps=0"),
        ({"scores": lambda model, inputs: None}, "score_items"),
    ],
)
def test_bad_arguments_say_what_to_do(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        AttentionCallback(tmp_path, **{"cohort": cohort(), **arguments})


def test_layers_can_be_chosen(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    callback = AttentionCallback(tmp_path / "a", cohort=cohort(), layers=["no such layer"])
    fit(model, callback)
    assert callback.status().offered == 0


def test_raw_user_ids_are_nowhere_in_the_log(tmp_path: Path) -> None:
    model = compiled(third_party_model())
    callback = AttentionCallback(
        tmp_path / "attention", cohort=cohort(), privacy=Privacy(key=b"k" * 32)
    )
    fit(model, callback)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"person-" not in file.read_bytes()
