"""What processes ask of their platform: no dumps of a PIN in memory, no Ctrl-C, no window.

The one place where the platforms differ. What a platform does not offer is left undone.
"""

import ctypes
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h
_SEM_NO_DIALOGS: Final = 0x0001 | 0x0002  # errhandlingapi.h: no critical-error box, no fault box
_WER_NO_HEAP: Final = 0x0001  # werapi.h: WER_FAULT_REPORTING_FLAG_NOHEAP
WITHOUT_WINDOW: Final[int] = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # for a process started by a desktop program


def forbid_dumps() -> None:
    """No core file of this process, and on Linux no debugger that is not root's and no reading of its memory."""
    if sys.platform == "win32":
        with suppress(OSError, AttributeError):
            ctypes.windll.kernel32.SetErrorMode(_SEM_NO_DIALOGS)
            ctypes.windll.kernel32.WerSetFlags(_WER_NO_HEAP)
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal: the one that asked decides, and the worker finishes what it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
