"""Computed answers within a budget of bytes, each computed once."""

from __future__ import annotations

import threading

import pytest

from tensorboard_plugin_attn.server.result_cache import ResultCache


def answer(text: str, made: list[str]) -> bytes:
    made.append(text)
    return text.encode()


def test_an_answer_is_made_once() -> None:
    made: list[str] = []
    cache = ResultCache()
    for _ in range(3):
        assert cache.get_or_make("a", lambda: answer("x", made)) == b"x"
    assert made == ["x"]


def test_the_least_recently_used_go_first_and_bytes_are_counted() -> None:
    made: list[str] = []
    cache = ResultCache(budget_bytes=3 * 1300)
    for name in ("a", "b", "a", "c", "d", "a", "b"):
        cache.get_or_make(name, lambda name=name: answer(name * 1000, made))
        assert cache.held_bytes <= 3 * 1300
    assert [text[0] for text in made] == ["a", "b", "c", "d", "b"]


def test_an_answer_over_the_budget_is_given_and_not_kept() -> None:
    cache = ResultCache(budget_bytes=100)
    assert len(cache.get_or_make("a", lambda: b"x" * 1000)) == 1000
    assert cache.held_bytes == 0


def test_a_failure_is_not_kept() -> None:
    made: list[str] = []
    cache = ResultCache()
    with pytest.raises(ZeroDivisionError):
        cache.get_or_make("a", lambda: bytes(1 // 0))
    assert cache.get_or_make("a", lambda: answer("x", made)) == b"x"


def test_two_who_ask_at_once_make_it_once() -> None:
    made: list[str] = []
    begun, go_on = threading.Event(), threading.Event()
    cache = ResultCache()

    def slow() -> bytes:
        begun.set()
        assert go_on.wait(10)
        return answer("x", made)

    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.get_or_make("a", slow)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert found == [b"x"] * 4
    assert made == ["x"]
