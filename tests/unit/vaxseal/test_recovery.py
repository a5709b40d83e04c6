"""A token that is lost in the middle of a batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from hsm.errors import PinIncorrect, TokenError, TokenFull, TokenNotFound, TokenRemoved
from vaxseal import recovery


@dataclass
class Batch:
    """So many records."""

    reviewed: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.reviewed)


@dataclass
class Agent:
    """Signs so many records at each go, then meets the error that comes next."""

    goes: list[tuple[int, TokenError | None]]
    done: list[int] = field(default_factory=list)

    def sign_and_send(self, batch: Batch, advance: Any) -> None:
        count, error = self.goes.pop(0)
        for record in batch.reviewed[:count]:
            self.done.append(record)
            advance(1)
        if error is not None:
            raise error

    def rest_of(self, batch: Batch) -> Batch:
        return Batch(tuple(record for record in batch.reviewed if record not in self.done))


@dataclass
class Key:
    """Comes back when its errors are used up."""

    errors: list[TokenError] = field(default_factory=list)
    opened: int = 0

    def reopen(self) -> None:
        self.opened += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "_PAUSE", 0.0)


def sign(agent: Agent, key: Key) -> tuple[list[int], list[str]]:
    """Four records. What the bars were made for and moved, and what was said."""
    bars: list[int] = []
    said: list[str] = []

    @contextmanager
    def bar(total: int) -> Iterator[Any]:
        bars.append(total)
        yield lambda _done: None

    def say(vietnamese: str, english: str) -> None:
        assert not vietnamese.isascii()
        said.append(english)

    try:
        recovery.sign_through_losses(agent, key, Batch((1, 2, 3, 4)), bar, say)  # type: ignore[arg-type]
    finally:
        assert agent.done == sorted(set(agent.done))
    return bars, said


def test_the_rest_follows_when_the_token_is_back() -> None:
    agent, key = Agent([(1, TokenRemoved()), (2, TokenRemoved()), (1, None)]), Key([TokenNotFound(), TokenNotFound()])
    bars, said = sign(agent, key)
    assert (agent.done, bars, key.opened) == ([1, 2, 3, 4], [4, 3, 1], 4)
    assert [("lost with 3" in text, "back" in text) for text in said[:2]] == [(True, False), (False, True)]


def test_a_token_that_does_not_come_back_ends_the_sitting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery.wait_for_token, "__kwdefaults__", {"patience": 0.0})
    agent, key = Agent([(2, TokenRemoved())]), Key([TokenNotFound("gone")])
    with pytest.raises(TokenNotFound):
        sign(agent, key)
    assert agent.done == [1, 2]


def test_a_refused_pin_is_never_tried_again() -> None:
    key = Key([PinIncorrect()])
    with pytest.raises(PinIncorrect):
        sign(Agent([(2, TokenRemoved())]), key)
    assert key.opened == 1


def test_a_token_that_only_fails_ends_the_sitting() -> None:
    key = Key()
    with pytest.raises(TokenRemoved):
        sign(Agent([(1, TokenRemoved()), *[(0, TokenRemoved())] * 3]), key)
    assert key.opened == 3


@pytest.mark.parametrize("goes", [(1, TokenFull()), (4, TokenRemoved())], ids=["not lost", "nothing left"])
def test_where_waiting_helps_nothing_the_error_is_raised(goes: tuple[int, TokenError]) -> None:
    key = Key()
    with pytest.raises(TokenError):
        sign(Agent([goes]), key)
    assert key.opened == 0
