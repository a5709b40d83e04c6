"""What the page shows at this moment, in one value that threads replace and the page waits for."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from certificates.records.model import instant_to_text
from signer.desk.presence import Present

Stage = Literal["log-in", "list", "signing", "receipt"]
Doing = Literal["", "asking", "log-in", "taking", "returning"]
Phase = Literal["opening", "signing", "paused", "stopping", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is logged in, at which unit, to do what, until when. ``until`` is None without a network.

    ``signs_until``: the last moment at which the token's certificate may do this.
    """

    account: str
    unit: str
    task: str
    until: datetime | None
    signs_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchHead:
    """A batch in figures; its rows travel once, by themselves."""

    number: int
    deadline: datetime
    records: int
    refusals: int
    waiting: int
    resumed: bool
    doubtful: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the signing is."""

    phase: Phase
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The last thing that went wrong, in both languages. ``number`` tells one from the next.

    ``wrong``: how many wrong PINs were typed here in a row, as far as this sitting knows.
    """

    number: int
    code: str
    vi: str
    en: str
    wrong: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything but the rows of a batch. No personal data, and nothing secret.

    ``account``: who works here, or is likely to. ``wants_person``: the centre takes no name alone. ``proven``: the
    person's shift is on.
    """

    stage: Stage = "log-in"
    doing: Doing = ""
    present: Present = field(default_factory=Present)
    looked: bool = False
    person: Person | None = None
    account: str = ""
    wants_person: bool = False
    proven: bool = False
    batch: BatchHead | None = None
    progress: Progress | None = None
    receipt: Mapping[str, Any] | None = None
    trouble: Trouble | None = None

    def to_dict(self) -> dict[str, Any]:
        token = self.present.only
        return {
            "stage": self.stage,
            "doing": self.doing,
            "token": {
                "looked": self.looked,
                "count": len(self.present.tokens),
                "label": token and token.label,
                "serial": token and token.serial,
                "pin": token and token.pin,
                "trouble": self.present.trouble,
            },
            "person": _plain(self.person),
            "account": self.account,
            "asks": self.wants_person and not self.proven,
            "batch": _plain(self.batch),
            "progress": _plain(self.progress),
            "receipt": self.receipt and dict(self.receipt),
            "trouble": _plain(self.trouble),
        }


class Board:
    """The view and its number, which grows with each change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._view = View()
        self._number = 1
        self._troubles = 0
        self.ended = False

    def end(self) -> None:
        """The desk ends: nobody waits for news any more."""
        self.ended = True

    @property
    def view(self) -> View:
        return self._view

    @property
    def number(self) -> int:
        return self._number

    def change(self, **values: Any) -> None:
        """Replace fields of the view."""
        with self._lock:
            self._view = replace(self._view, **values)
            self._number += 1

    def trouble(self, code: str, *, vi: str, en: str, wrong: int) -> None:
        """Say what went wrong."""
        self._troubles += 1
        self.change(trouble=Trouble(number=self._troubles, code=code, vi=vi, en=en, wrong=wrong))

    def to_dict(self) -> dict[str, Any]:
        """The view as JSON, with its number."""
        with self._lock:
            return {"number": self._number, **self._view.to_dict()}


def _plain(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    return {name: instant_to_text(one) if isinstance(one, datetime) else one for name, one in asdict(value).items()}
