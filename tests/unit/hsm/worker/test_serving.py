"""The worker's side, in this process, with a key that does what drivers do."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from hsm.errors import TokenFault
from hsm.worker.messages import Answer, Failed, Frames, NoPin, Request, Sign, Signatures, decode
from hsm.worker.serving import Worker


class Inbox:
    """Requests without a second thread; cancelled from the start where told so."""

    def __init__(self, cancelled: bool = False) -> None:
        self.cancelled = self
        self._set = cancelled

    def is_set(self) -> bool:
        return self._set

    def clear(self) -> None:
        pass


class Key:
    """Signs until it meets an exception among the messages' answers."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = iter(answers)

    def sign(self, _message: bytes) -> bytes:
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def answers_to(request: Request, key: Any, pipe: tuple[int, int], *, cancelled: bool = False) -> list[Answer]:
    worker = Worker(Inbox(cancelled), pipe[1])  # type: ignore[arg-type]
    worker._key = key
    worker._send(worker._do(request))
    return [decode(frame) for frame in Frames().feed(os.read(pipe[0], 65_536))]  # type: ignore[misc]


def test_what_was_signed_before_a_fault_is_handed_over(pipe: tuple[int, int]) -> None:
    answers = answers_to(Sign(messages=(b"1", b"2", b"3")), Key(b"a", b"b", TokenFault("broken")), pipe)
    assert answers == [
        Signatures(signatures=(b"a", b"b"), last=False),
        Failed(code="token-fault", detail="broken"),
    ]


@pytest.mark.parametrize("request_", [Sign(messages=(b"1",)), NoPin()])
def test_what_a_driver_makes_of_the_library_is_a_fault_without_its_text(request_: Request, pipe: Any) -> None:
    (answer,) = answers_to(request_, Key(ValueError("PIN 123456")), pipe)
    assert isinstance(answer, Failed)
    assert answer.code == "token-fault"
    assert "123456" not in answer.detail


def test_a_cancelled_request_ends_with_what_there_is(pipe: tuple[int, int]) -> None:
    assert answers_to(Sign(messages=(b"1",)), Key(b"a"), pipe, cancelled=True) == [Signatures(signatures=(), last=True)]
