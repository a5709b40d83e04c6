"""What a key does with the PIN, before a worker that plays a driver."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hsm.errors import PinIncorrect, TokenError, TokenFault, TokenHung
from hsm.tokens import TokenSelector
from hsm.worker import key as module
from hsm.worker.key import WorkerKey, open_worker_key
from hsm.worker.messages import Answer, Opened, OpenKey, Request, RestartModule, Sign, Signatures
from tests.unit.hsm.worker.test_messages import TOKEN

OPENED = Opened(
    certificate_der=b"c",
    algorithm="ES256",
    mechanism="ECDSA",
    public_key_der=b"p",
    key_id=b"",
    token=TOKEN,
    pin_taken=True,
)


class Driver:
    """A worker whose driver behaves as told: ``logs_in`` once at opening, asks ``each`` time; ``opens`` are answers."""

    def __init__(self, *opens: Opened | TokenError, each: bool = False) -> None:
        self.opens, self.each = iter(opens), each
        self.given: list[bytes] = []
        self.rungs: list[str] = []
        self.lives = 0
        self.limits = SimpleNamespace(open=1.0, sign=1.0)

    def ask(self, request: Request, *, limit: float, pin: Callable[[], bytearray] = bytearray) -> Answer | None:
        assert limit
        if isinstance(request, RestartModule):
            self.rungs.append("module")
            return None
        assert isinstance(request, OpenKey)
        self.rungs.append("open")
        self.given.append(bytes(pin()))
        answer = next(self.opens)
        if isinstance(answer, TokenError):
            raise answer
        return answer

    def stream(self, request: Sign, *, limit: float, pin: Callable[[], bytearray]) -> Generator[Answer, None, None]:
        assert limit
        for _ in request.messages:
            if self.each:
                self.given.append(bytes(pin()))
        yield Signatures(signatures=request.messages, last=True)

    def kill(self) -> None:
        self.rungs.append("process")
        self.lives += 1

    def close(self) -> None:
        self.lives += 1


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[WorkerKey, Iterator[str]]]:
    """A key over a `Driver`, and the PINs that a person still has to type."""

    def open_(driver: Driver, *typed: str) -> Any:
        pins = iter(typed)
        monkeypatch.setattr(module, "TokenWorker", lambda **_: driver)
        return open_worker_key(Path("m.so"), TokenSelector(), lambda: next(pins)), pins

    return open_


def test_a_token_that_wants_its_pin_each_time_gets_it_from_a_person_once_a_batch(opened: Any) -> None:
    driver = Driver(OPENED, each=True)
    key, typed = opened(driver, "1111", "2222")
    with key.batch():
        assert list(key.sign_many([b"a", b"b", b"c"])) == [b"a", b"b", b"c"]
    assert driver.given == [b"1111"] * 4
    with key.batch():
        list(key.sign_many([b"a", b"b"]))
        key.sign(b"c")
    assert driver.given[4:] == [b"2222"] * 3
    assert list(typed) == []


def test_a_driver_that_kept_an_old_log_in_proves_no_pin(opened: Any) -> None:
    unproven = Opened(**{name: getattr(OPENED, name) for name in OPENED.__slots__} | {"pin_taken": False})
    driver = Driver(unproven, OPENED)
    key, typed = opened(driver, "1111", "2222")
    with key.batch():
        key.sign(b"a signature says nothing of a PIN that was not needed")
        key.reopen()
    assert driver.given == [b"1111", b"2222"]
    assert list(typed) == []


def test_the_rungs_with_a_pin_that_was_taken(opened: Any) -> None:
    driver = Driver(OPENED, TokenFault(), TokenFault(), OPENED)
    key, _ = opened(driver, "1111")
    key.reopen()
    assert driver.rungs == ["open", "open", "module", "open", "process", "open"]
    assert driver.given == [b"1111"] * 4


def test_a_pin_of_which_nothing_was_heard_is_not_given_to_the_next_rung(opened: Any) -> None:
    driver = Driver(OPENED, TokenHung(), OPENED)
    key, _ = opened(driver, "1111", "2222", "3333")
    with key.batch():
        pass
    with pytest.raises(TokenHung):
        key.reopen()
    assert (driver.given, driver.rungs) == ([b"1111", b"2222"], ["open", "open"])
    key.reopen()
    assert driver.given[-1] == b"3333"


def test_a_pin_that_was_taken_before_the_fault_is_kept(opened: Any) -> None:
    fault = TokenFault()
    fault.pin_taken = True
    driver = Driver(OPENED, fault, OPENED)
    key, typed = opened(driver, "1111", "2222")
    with key.batch():
        pass
    key.reopen()
    assert driver.given == [b"1111", b"2222", b"2222"]
    assert list(typed) == []


def test_a_kept_pin_that_is_refused_is_gone(opened: Any) -> None:
    driver = Driver(OPENED, PinIncorrect(), OPENED)
    key, _ = opened(driver, "1111", "2222")
    with key.batch():
        with pytest.raises(PinIncorrect):
            key.reopen()
        assert driver.rungs == ["open", "open"]
        key.reopen()
    assert driver.given == [b"1111", b"1111", b"2222"]
