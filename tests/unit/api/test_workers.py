import os
import signal
import sys

import pytest

from api.workers import Workers, run_calls


@pytest.fixture
def workers() -> object:
    pool = Workers(1)
    yield pool
    pool.close()


def test_answers_stand_in_order_and_errors_in_their_place(workers: Workers) -> None:
    for pool in (None, workers):
        answers = list(run_calls(pool, divmod, [(7, 2), (1, 0), (9, 3)]))
        assert answers[0] == (3, 1)
        assert isinstance(answers[1], ZeroDivisionError)
        assert answers[2] == (3, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_a_killed_process_is_replaced(workers: Workers) -> None:
    (process,) = run_calls(workers, os.getpid, [()])
    assert isinstance(process, int)
    os.kill(process, signal.SIGKILL)
    for _ in range(3):
        answers = list(run_calls(workers, divmod, [(7, 2)]))
        if answers == [(3, 1)]:
            break
    assert answers == [(3, 1)]
