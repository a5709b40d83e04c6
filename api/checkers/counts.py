"""How many online checks ended how, by day: all that is kept of them."""

import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Engine

from api.store.counters import add_up
from api.store.schema import verdict_counts
from api.store.transactions import writing
from certificates.checking import CheckedCertificate
from certificates.errors import CheckError
from certificates.records.dates import local_day

VALID = "VALID"


class VerdictCounts:
    """Counts in memory, and writes now and then: a check must not wait for the disk. A crash loses what was not
    written yet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._counted: Counter[tuple[str, str]] = Counter()

    def add(self, verdicts: Iterable[CheckedCertificate | CheckError], at: datetime) -> None:
        day = local_day(at).isoformat()
        reasons = Counter(one.reason.value if isinstance(one, CheckError) else VALID for one in verdicts)
        with self._lock:
            for reason, count in reasons.items():
                self._counted[day, reason] += count

    def write(self) -> None:
        """Add what was counted since to the table; what cannot be written is counted again."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        if not counted:
            return
        try:
            with writing(self._engine) as connection:
                for (day, reason), count in sorted(counted.items()):
                    add_up(
                        connection,
                        verdict_counts,
                        {"day": day, "reason": reason},
                        verdict_counts.c.verdicts,
                        count,
                    )
        except Exception:
            with self._lock:
                self._counted.update(counted)
            raise
