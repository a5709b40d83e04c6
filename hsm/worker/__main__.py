"""``python -m hsm.worker``: started by `hsm.worker.process`, asked through standard input and output."""

from hsm.process_guard import forbid_dumps, ignore_interrupts

ignore_interrupts()  # before anything that takes time
forbid_dumps()

import os  # noqa: E402
import sys  # noqa: E402

from hsm.worker.serving import Inbox, Worker  # noqa: E402


def main() -> None:
    """Answer until the parent is gone. Drivers that print or read get nothing: the pipes are the protocol's alone."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    Worker(Inbox(requests), answers).run()
    sys.stderr.flush()
    os._exit(0)  # drivers dead-lock when they are unloaded


if __name__ == "__main__":
    main()
