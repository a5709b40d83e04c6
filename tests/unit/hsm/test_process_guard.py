"""What a process forbids itself, seen from a process of its own."""

import subprocess
import sys

import pytest

_PROGRAM = """
import ctypes, os, resource, signal
from hsm.process_guard import forbid_dumps, ignore_interrupts
forbid_dumps()
ignore_interrupts()
os.kill(os.getpid(), signal.SIGINT)
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))  # 3: PR_GET_DUMPABLE
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what it was told")
def test_no_core_no_dump_no_interrupt() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "(0, 0) 0"
