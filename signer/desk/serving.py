"""The desk at work: the page's server on loopback, the watch over the tokens, the sitting. Started and ended here."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import uvicorn

from hsm.tokens import TokenSelector
from signer.desk.app import create_desk
from signer.desk.board import Board
from signer.desk.guard import Pairing
from signer.desk.presence import Presence
from signer.desk.sitting import DeskSettings, Sitting
from signer.errors import AgentError

LOOPBACK: Final = "127.0.0.1"  # never a name: what a name leads to can change
_CONNECTIONS: Final = 32


class Desk:
    """A context manager: inside, the page is served. ``port`` 0: a free one.

    Raises AgentError ``port-taken``.
    """

    def __init__(
        self,
        settings: DeskSettings,
        modules: Sequence[Path],
        selector: TokenSelector,
        *,
        port: int,
        report: Callable[[], dict[str, Any]],
    ) -> None:
        self._socket = _bind(port)
        self.origin = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        self.board = Board()
        self.sitting = Sitting(settings, self.board)
        self._pairing = Pairing()
        self._presence = Presence(modules, selector, self.sitting.see)
        self.door = create_desk(
            self.sitting, self.board, settings, origin=self.origin, pairing=self._pairing, report=report
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                self.door,
                log_config=None,
                log_level="critical",  # a traceback tells nobody anything here, and might tell too much
                access_log=False,
                server_header=False,
                date_header=False,
                lifespan="off",
                ws="none",
                limit_concurrency=_CONNECTIONS,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="desk-page", daemon=True)

    def new_page(self) -> str:
        """The address to open next; it is good once, for two minutes."""
        return f"{self.origin}/#{self._pairing.new_code()}"

    def __enter__(self) -> Self:
        self.sitting.ask_ways()
        self._presence.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.board.end()
        self._server.should_exit = True
        self._thread.join(10)
        self._presence.close()
        self.sitting.close()
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


def _bind(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # small answers go at once
    try:
        made.bind((LOOPBACK, port))
        made.listen(_CONNECTIONS)
    except OSError as error:
        made.close()
        raise AgentError("port-taken", f"The port {port} of this machine is taken: choose another.") from error
    return made
