"""The day: who is there, what time it is, and what each stage took in, let out and held back."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Engine

from api.accounts.staff import Role, Staff
from api.context import Centre
from bench import material
from bench.crowd import Station
from vaxseal.demo.dirt import Case


@dataclass
class Clock:
    """The centre's clock until the tokens come: it is moved, hours at a time."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(kw_only=True)
class Stage:
    """What came in, what came out, and of the rest why not: counts by reason. ``hour`` of the centre's clock, after the
    day began; work that takes days ends later."""

    name: str
    hour: float = 0.0
    came: int = 0
    went: int = 0
    why: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "stage": self.name,
            "hour": self.hour,
            "in": self.came,
            "out": self.went,
            "why_not": dict(self.why.most_common()),
            "seconds": round(self.seconds, 2),
        }


@dataclass(kw_only=True)
class Day:
    """One province with all that is known of it. ``person_of``: record id to the place of its person in ``cases``."""

    centre: Centre
    clock: Clock
    begin: datetime
    folder: Path
    database: str
    tokens: material.Tokens
    stations: tuple[Station, ...]
    cases: tuple[Case, ...]
    seed: int
    person_of: dict[str, int] = field(default_factory=dict)
    kept_back: set[str] = field(default_factory=set)  # records whose people complain before a clerk gets to them
    stages: list[Stage] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        return self.centre.engine

    @contextmanager
    def stage(self, name: str, *, hour: float | None = None) -> Iterator[Stage]:
        """Measure one stage; ``hour`` moves the clock there first."""
        if hour is not None:
            self.clock.now = max(self.clock.now, self.begin + timedelta(hours=hour))
        print(f"{name} ...", file=sys.stderr, flush=True)
        hours = (self.clock.now - self.begin) / timedelta(hours=1)
        stage, begun = Stage(name=name, hour=round(hours, 1)), monotonic()
        yield stage
        stage.seconds = monotonic() - begun
        stage.why = +stage.why  # without what happened no time
        assert stage.came == stage.went + stage.why.total(), stage
        self.stages.append(stage)
        why = ", ".join(f"{count} {reason}" for reason, count in stage.why.most_common(4))
        print(
            f"  {stage.came} in, {stage.went} out, {stage.seconds:.1f} s{why and ': ' + why}",
            file=sys.stderr,
            flush=True,
        )

    def case(self, record_id: str) -> Case:
        return self.cases[self.person_of[record_id]]


def commune_of(unit: str) -> str:
    return unit.partition("-")[2]


def clerk(unit: str) -> Staff:
    """The station's clerk: another one than those who entered its doses."""
    return _staff(f"clerk.{commune_of(unit)}", unit, "clerk")


def officer(unit: str) -> Staff:
    """Of the police beside a station."""
    return _staff(f"ca.{commune_of(unit)}", f"CA-{commune_of(unit)}", "police")


def overseer() -> Staff:
    return _staff("hoa.syt", "SYT", "clerk", "overseer")


def _staff(account: str, unit: str, *roles: Role) -> Staff:
    return Staff(account=account, unit=unit, roles=frozenset(roles))
