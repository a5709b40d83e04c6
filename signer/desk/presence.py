"""Which token is plugged in, over the drivers of this machine, looked at twice a second."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from hsm.errors import TokenError
from hsm.tokens import TokenInfo, TokenSelector
from hsm.worker.presence import INTERVAL, TokenWatch, Unreadable

PinState = Literal["good", "low", "final", "locked", "none", "expired"]
_FLAGS: Final[tuple[tuple[str, PinState], ...]] = (
    ("pin_locked", "locked"),
    ("pin_final_try", "final"),
    ("pin_count_low", "low"),
    ("pin_to_be_changed", "expired"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluggedIn:
    """One token as it stands in its reader; ``pin`` is what it says of the tries that are left."""

    module: Path
    serial: str
    label: str
    pin: PinState


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What was seen: the tokens that are meant, and the code of a driver's trouble, where there is one."""

    tokens: tuple[PluggedIn, ...] = ()
    trouble: str | None = None

    @property
    def only(self) -> PluggedIn | None:
        """The one token, where there is exactly one."""
        return self.tokens[0] if len(self.tokens) == 1 else None


class Presence:
    """Watches every module in a worker of its own, and tells each change. See `hsm.worker.presence`."""

    def __init__(self, modules: Sequence[Path], selector: TokenSelector, tell: Callable[[Present], None]) -> None:
        self._watches = {module: TokenWatch(module) for module in modules}
        self._selector = selector
        self._tell = tell
        self._stop = threading.Event()
        self._troubles: dict[Path, TokenError] = {}
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        """Look from now on, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and end the workers."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        for watch in self._watches.values():
            watch.close()

    def _run(self) -> None:
        before: Present | None = None
        while not self._stop.is_set():
            now = self.look()
            if now != before:
                self._tell(now)
                before = now
            self._stop.wait(INTERVAL)

    def look(self) -> Present:
        """One look at all of them. A token that two drivers show counts once."""
        seen: dict[str, PluggedIn] = {}
        for module, watch in self._watches.items():
            events = watch.look()
            broken = [event.error for event in events if isinstance(event, Unreadable)]
            if broken:
                self._troubles[module] = broken[-1]
            elif events or watch.present:
                self._troubles.pop(module, None)
            for token in watch.present:
                if self._means(token) and module not in self._troubles:
                    seen.setdefault(token.serial, _plugged_in(module, token))
        trouble = next((error.code for error in self._troubles.values()), None) if not seen else None
        return Present(tokens=tuple(seen.values()), trouble=trouble)

    def _means(self, token: TokenInfo) -> bool:
        return (
            token.initialised
            and self._selector.serial in (None, token.serial)
            and self._selector.label in (None, token.label)
        )


def _plugged_in(module: Path, token: TokenInfo) -> PluggedIn:
    pin: PinState = next((state for flag, state in _FLAGS if getattr(token, flag)), "good")
    return PluggedIn(module=module, serial=token.serial, label=token.label, pin=pin if token.pin_set else "none")
