"""What the service does by itself, beside its answers: a table of works, each in a thread, again after its period."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from api.checkers.counts import VerdictCounts
from api.checkers.publishing import follow
from api.citizens.contacts import Channel
from api.citizens.senders import Sender, senders_of
from api.citizens.sending import send_codes
from api.complaints.sweep import sweep_complaints
from api.context import Centre
from api.identity.delivery import deliver
from api.identity.opening import targets_of
from api.passports.release import release_pending
from api.reconciliation.tallying import add_up_changes
from api.renewal.sweeping import sweep_renewals
from api.revocation.running import Ran, run_orders
from api.signing.rechecking import recheck
from api.worklists.keeping import keep_worklists

PENDING_PERIOD: Final = 300.0  # seconds between two looks for what was signed and not released
COUNTS_PERIOD: Final = 60.0  # seconds of counts that a crash may lose
FOLLOW_PERIOD: Final = 15.0  # seconds until this machine gives out what another one published
RECHECK_PERIOD: Final = 900.0  # seconds between two looks for answers of authorities that grow old
SWEEP_PERIOD: Final = 60.0  # seconds until a complaint's time is seen to be up
DELIVER_PERIOD: Final = 15.0  # seconds between two looks into the outbox
WORK_PERIOD: Final = 60.0  # seconds between two looks at what the clock does to work lists and counts
ORDERS_PERIOD: Final = 15.0  # seconds between two looks for orders of revocation that have something to do
RENEWAL_PERIOD: Final = 3600.0  # seconds between two sweeps of what is to be renewed
CODES_PERIOD: Final = 5.0  # seconds until a code that was asked for elsewhere is sent from here
PARTING: Final = 2.0  # seconds that the service's end waits for each of these
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One thing that is done again and again. ``run`` says what it did, for the log; nothing: no line.

    ``wake``: whoever sets it need not wait for the period's end.
    """

    name: str
    period: float
    run: Callable[[], Mapping[str, object]]
    wake: threading.Event
    at_once: bool = True  # the first time when the service starts; False: after one period


def works_of(
    centre: Centre, counts: VerdictCounts, orders_due: threading.Event, codes_due: threading.Event
) -> tuple[Work, ...]:
    """The table. Nobody is asked and nothing is carried where nobody was named for it.

    ``orders_due``: somebody decided on an order here just now; what was decided elsewhere is found in time.
    ``codes_due``: a citizen asked for a code here; without a way to send any, the slip is the way.
    """
    event = threading.Event
    table = [
        Work(name="release-pending", period=PENDING_PERIOD, run=lambda: _release(centre), wake=event()),
        Work(name="verdict-counts", period=COUNTS_PERIOD, run=lambda: _write(counts), wake=event(), at_once=False),
        Work(name="lists-followed", period=FOLLOW_PERIOD, run=lambda: _follow(centre), wake=event()),
        Work(name="complaints-swept", period=SWEEP_PERIOD, run=lambda: _sweep(centre), wake=event()),
        Work(name="worklists-kept", period=WORK_PERIOD, run=lambda: _keep(centre), wake=event(), at_once=False),
        Work(name="orders", period=ORDERS_PERIOD, run=lambda: _see_to_orders(centre), wake=orders_due),
        Work(name="renewals", period=RENEWAL_PERIOD, run=lambda: _renew(centre), wake=event()),
    ]
    if centre.settings.unit_ca_roots is not None:
        table.append(Work(name="recheck", period=RECHECK_PERIOD, run=lambda: _recheck(centre), wake=event()))
    if targets_of(centre.settings):
        table.append(Work(name="outbox", period=DELIVER_PERIOD, run=lambda: _deliver(centre), wake=event()))
    senders = senders_of(centre.settings, centre.engine, centre.clock)
    if senders:
        table.append(Work(name="codes", period=CODES_PERIOD, run=lambda: _send(centre, senders), wake=codes_due))
    return tuple(table)


@contextmanager
def running(works: tuple[Work, ...]) -> Iterator[None]:
    """Each work in a thread of its own until the block ends."""
    ended = threading.Event()
    threads = [threading.Thread(target=every, args=(work, ended), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for work in works:
            work.wake.set()
        for thread in threads:
            thread.join(PARTING)


def every(work: Work, ended: threading.Event) -> None:
    """Do a work once a period until ``ended`` and its ``wake`` are set. What fails is tried again a period later."""
    if not work.at_once:
        work.wake.wait(work.period)
    while True:
        work.wake.clear()  # before the look at the end, which sets both
        if ended.is_set():
            return
        try:
            done = work.run()
        except Exception as error:  # the next round may find the disk, the database or a partner in better health
            _log.error(f"{work.name}-failed", kind=type(error).__name__, code=getattr(error, "code", None))
        else:
            if done:
                _log.info(work.name, **done)
        work.wake.wait(work.period)


def _release(centre: Centre) -> Mapping[str, object]:
    """What a crash or a failure left between signature and release."""
    finished = release_pending(centre)
    return {"passports": finished} if finished else {}


def _write(counts: VerdictCounts) -> Mapping[str, object]:
    counts.write()
    return {}


def _follow(centre: Centre) -> Mapping[str, object]:
    version = follow(centre)
    return {} if version is None else {"version": version}


def _recheck(centre: Centre) -> Mapping[str, object]:
    """Learn in time what other authorities revoked."""
    asked = recheck(centre, due_only=True)
    return {"good": len(asked.good), "revoked": len(asked.revoked), "silent": len(asked.silent)}


def _sweep(centre: Centre) -> Mapping[str, object]:
    return {name.replace("-", "_"): count for name, count in sweep_complaints(centre).items()}


def _deliver(centre: Centre) -> Mapping[str, object]:
    """Carry verified corrections to whoever takes them."""
    done = deliver(centre)
    if not (done.delivered or done.failed or done.refused):
        return {}
    return {"delivered": done.delivered, "failed": done.failed, "refused": done.refused}


def _keep(centre: Centre) -> Mapping[str, object]:
    kept = keep_worklists(centre)
    return {"back": kept.back, "raised": kept.raised, "drawn": kept.drawn} if kept else {}


def _see_to_orders(centre: Centre) -> Mapping[str, object]:
    ran = run_orders(centre.engine, at=centre.clock())
    return {} if ran == Ran() else {"revoked": ran.revoked, "waiting": ran.waiting, "freed": ran.freed}


def _renew(centre: Centre) -> Mapping[str, object]:
    """Start what is to be renewed, and add up the doses that were noted since."""
    swept = sweep_renewals(centre.engine, by="centre", at=centre.clock())
    add_up_changes(centre.engine)
    return {"started": swept.started, "put_off": swept.put_off, "dropped": swept.dropped}


def _send(centre: Centre, senders: Mapping[Channel, Sender]) -> Mapping[str, object]:
    sent, failed = send_codes(centre, senders)
    return {"sent": sent, "failed": failed} if sent or failed else {}
