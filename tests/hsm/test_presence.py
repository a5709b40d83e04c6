"""Tokens that come and go, seen by polling. SoftHSM shows a new token only when it is started anew: as bad as any."""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hsm.worker.presence import Event, Inserted, Removed, TokenWatch, Unreadable
from hsm.worker.process import Limits
from tests.support.softhsm import GoldenToken, GoldenTokens, copy_tokens


@dataclass
class Reader:
    """A SoftHSM directory into which tokens are put and out of which they are pulled."""

    folder: Path
    watch: TokenWatch

    def pull(self) -> None:
        shutil.move(self.folder / "tokens", self.folder / "pulled")
        (self.folder / "tokens").mkdir()

    def put_back(self) -> None:
        (self.folder / "tokens").rmdir()
        shutil.move(self.folder / "pulled", self.folder / "tokens")

    def until(self, kind: type[Event], looks: int = 50) -> Event:
        for _ in range(looks):
            for event in self.watch.look():
                if isinstance(event, kind):
                    return event
            time.sleep(0.05)
        raise AssertionError(f"no {kind.__name__}")


@pytest.fixture
def reader(golden_tokens: GoldenTokens, tmp_path: Path) -> Iterator[Reader]:
    environment = copy_tokens(golden_tokens, tmp_path, golden_tokens.ec)
    with TokenWatch(golden_tokens.module, limits=Limits(look=1), environment=environment) as watch:
        yield Reader(tmp_path, watch)


def serial_of(event: Event) -> str:
    assert isinstance(event, Inserted | Removed)
    return event.token.serial


def test_what_is_there_is_told_once(reader: Reader, golden_tokens: GoldenTokens) -> None:
    token: GoldenToken = golden_tokens.ec
    events = reader.watch.look()
    assert token.serial in {serial_of(event) for event in events}
    assert token.serial in {present.serial for present in reader.watch.present}
    assert reader.watch.look() == ()


def test_a_token_is_pulled_and_put_back(reader: Reader, golden_tokens: GoldenTokens) -> None:
    reader.watch.look()
    for _ in range(3):
        reader.pull()
        assert serial_of(reader.until(Removed)) == golden_tokens.ec.serial
        reader.put_back()
        assert serial_of(reader.until(Inserted)) == golden_tokens.ec.serial


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_driver_that_hangs_is_told_once_and_watched_again(reader: Reader) -> None:
    before = reader.watch.look()
    process = reader.watch._worker.process_id
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    (event,) = reader.watch.look()
    assert isinstance(event, Unreadable)
    assert event.error.code == "token-hung"
    assert before
    assert reader.watch.look() == ()  # in a new process, and nothing changed


def test_a_driver_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    with TokenWatch(tmp_path / "nowhere.so") as watch:
        (event,) = watch.look()
        assert isinstance(event, Unreadable)
        assert event.error.code == "module-not-found"
        assert watch.look() == ()


def test_events_come_until_they_are_stopped(reader: Reader, golden_tokens: GoldenTokens) -> None:
    stop, seen = threading.Event(), []
    for event in reader.watch.events(stop, interval=0.01):
        seen.append(event)
        if isinstance(event, Removed):
            stop.set()
        elif isinstance(event, Inserted) and event.token.serial == golden_tokens.ec.serial:
            reader.pull()
    assert any(isinstance(event, Removed) for event in seen)
