import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.workers import Workers, run_calls


@pytest.fixture
def workers() -> Iterator[Workers]:
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


_PARENT = """
import os, signal
from api.workers import Workers, run_calls
if __name__ == "__main__":
    print(*run_calls(Workers(1), os.getpid, [()]), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_workers_end_with_their_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    ended = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, timeout=60, check=False)
    worker = int(ended.stdout)
    for _ in range(500):
        if not _is_running(worker):
            return
        time.sleep(0.02)
    pytest.fail("the worker outlives its parent")


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")
