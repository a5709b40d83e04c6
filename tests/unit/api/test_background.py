import threading
import time
from collections.abc import Mapping

from structlog.testing import capture_logs

from api.background import Work, running
from api.errors import CentreError

LONG = 3600.0  # seconds


def test_a_work_is_done_at_once_and_again_when_it_is_woken() -> None:
    done, woken = threading.Event(), threading.Event()

    def run() -> Mapping[str, object]:
        (woken if done.is_set() else done).set()
        return {}

    work = Work(name="work", period=LONG, run=run, wake=threading.Event())
    with running((work,)):
        assert done.wait(10)
        work.wake.set()
        assert woken.wait(10)


def test_what_fails_ends_no_thread_and_says_its_code() -> None:
    recovered, tries = threading.Event(), 0

    def run() -> Mapping[str, object]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise CentreError("authorities-file")
        recovered.set()
        return {"done": 2}

    with capture_logs() as lines, running((Work(name="work", period=0.001, run=run, wake=threading.Event()),)):
        assert recovered.wait(10)
    assert lines[0] == {"event": "work-failed", "log_level": "error", "kind": "CentreError", "code": "authorities-file"}
    assert {"event": "work", "log_level": "info", "done": 2} in lines


def test_the_end_waits_for_no_period() -> None:
    def run() -> Mapping[str, object]:
        raise AssertionError

    begun = time.monotonic()
    with running((Work(name="later", period=LONG, run=run, wake=threading.Event(), at_once=False),)):
        pass
    assert time.monotonic() - begun < LONG
