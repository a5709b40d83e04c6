"""What comes in, and how it is mended: files, the register, clerks, police with their signed lists, duplicates."""

import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import select

from api.accounts.staff import Staff
from api.duplicates.deciding import decide, list_open
from api.errors import CentreError
from api.identity.attestation import attest_as
from api.identity.conclusions import LABELS, Conclusion
from api.identity.lists import make_list
from api.identity.matching import match_records
from api.identity.opening import open_register
from api.identity.proofs import Proof, ProofKind
from api.identity.signed_lists import apply_list
from api.intake.importer import import_file
from api.states import WorkClass
from api.store.records import load_record
from api.store.schema import import_rows, tokens
from api.store.schema_worklists import work_items
from api.worklists.asides import AsideReason, put_aside
from api.worklists.attempts import Ground, HandBackReason, Outcome, Way, hand_back, note_attempt, pass_to_police
from api.worklists.mending import CorrectionReason, Finding, mend, settle
from bench.crowd import SharedKey
from bench.province.day import Day, clerk, officer, overseer
from certificates.records.dates import PartialDate
from certificates.records.model import Sex, VaccinationRecord
from certificates.records.names import comparable
from certificates.signed_file import sign_file
from hsm.keys import open_key
from hsm.tokens import TokenSelector
from tests.support.police import fill
from vaxseal.demo.dirt import Case
from vaxseal.demo.people import Citizen
from vaxseal.demo.province import StationFile

REACHED: Final = 0.7  # of those whose data are wrong, at the first call
_TRIES: Final = ((1.0, Way.PHONE), (25.0, Way.VISIT), (49.0, Way.HAMLET))  # hours, how
_CARD: Final = Proof(kind=ProofKind.ID_CARD, reference="book 1")
_SETTLED: Final = {WorkClass.DECEASED: Finding.DECEASED, WorkClass.MERGED: Finding.DUPLICATE}


def take_in(day: Day, name: str, files: Sequence[StationFile], *, hour: float, damaged: Path | None = None) -> None:
    """Import files; learn whose each record is."""
    with day.stage(name, hour=hour) as stage:
        for file in files:
            report = import_file(day.engine, file.path, imported_by="ytx.van", at=day.clock())
            assert report.state == "complete", report
            assert report.rows == len(file.people) == report.accepted + report.duplicate + report.refused
            stage.came += report.rows
            stage.went += report.accepted
            stage.why.update(report.reasons)
            stage.why["already there"] += report.duplicate
            _learn(day, report.import_id, file.people)
        day.figures["rows_written"] = day.figures.get("rows_written", 0) + stage.came
        if damaged is not None:
            report = import_file(day.engine, damaged, imported_by="ytx.van", at=day.clock())
            assert report.state == "failed", report
            day.figures["damaged_file"] = report.reason
        assert stage.came == stage.went + stage.why.total()


def _learn(day: Day, import_id: str, people: Sequence[int]) -> None:
    query = select(import_rows.c.row_number, import_rows.c.record_id).where(
        import_rows.c.import_id == import_id, import_rows.c.outcome == "accepted"
    )
    with day.engine.connect() as connection:
        for number, record_id in connection.execute(query):
            day.person_of.setdefault(record_id, people[number - 2])


def match(day: Day, name: str, *, hour: float) -> None:
    with day.stage(name, hour=hour) as stage:
        register = open_register(day.centre.settings, day.engine, day.clock)
        report = match_records(day.engine, register, at=day.clock(), by="bench")
        assert report.stopped is None, report
        stage.came = report.asked + report.foreigners
        stage.went = report.states.get("ready", 0)
        states = Counter(report.states)
        del states["ready"]
        stage.why = Counter({state: count for state, count in states.items() if count})
        if report.foreigners:
            stage.why["attestation-needed"] += report.foreigners


def work_of_clerks(day: Day) -> None:
    """First calls: who is reached comes with papers and is corrected; who is not, is tried again on two other days."""
    unreached: list[tuple[str, str]] = []
    with day.stage("clerks: reached, corrected", hour=1) as stage:
        for row in _items(day, "clerk"):
            if row.record_id in day.kept_back:
                continue
            stage.came += 1
            said = _first_call(day, row)
            if said is None:
                stage.went += 1
            else:
                stage.why[said] += 1
            if said == "not reached":
                unreached.append((row.record_id, row.unit))
    with day.stage("clerks: not reached, to police") as stage:
        stage.came = len(unreached)
        for hour, way in _TRIES:
            day.clock.now = max(day.clock.now, day.begin + timedelta(hours=hour))
            for record_id, unit in unreached:
                _noted(day, record_id, unit, way)
        for record_id, unit in unreached:
            try:
                pass_to_police(day.centre, clerk(unit), record_id, ground=Ground.NOT_REACHED)
                stage.went += 1
            except CentreError as error:
                stage.why[error.code] += 1


def _noted(day: Day, record_id: str, unit: str, way: Way) -> None:
    try:
        note_attempt(day.centre, clerk(unit), record_id, way=way, outcome=Outcome.NOT_REACHED)
    except CentreError as error:
        if error.code != "work-unknown":  # it was mended meanwhile; passing it on will say so
            raise


def _first_call(day: Day, row: Any) -> str | None:
    """None: it is mended. Else why not."""
    staff, case = clerk(row.unit), day.case(row.record_id)
    if row.work_class == WorkClass.ATTESTATION:
        attest_as(day.engine, row.record_id, document="passport", staff=staff, at=day.clock())
        return None
    if row.work_class in _SETTLED or case.kind in ("unregistered", "wrong_number"):
        return "not reached"
    if Random(f"{day.seed} {day.person_of[row.record_id]}").random() > REACHED:  # noqa: S311
        return "not reached"
    return _correct(day, staff, row.record_id)


def _correct(day: Day, staff: Staff, record_id: str) -> str | None:
    """None: it is mended. Else why not."""
    with day.engine.connect() as connection:
        stored = load_record(connection, record_id)
    assert stored is not None
    changes = differences(stored.record, day.case(record_id).citizen)
    if not changes:  # the data are as the person says, and cannot be
        put_aside(day.centre, staff, record_id, reason=AsideReason.AWAITING_PAPERS, days=20)
        return "aside: awaiting papers"
    try:
        moved = mend(
            day.centre, staff, record_id, changes, reason=CorrectionReason.TYPED_WRONG, proof=_CARD, desk="clerk"
        )
    except CentreError as error:
        return error.code
    return None if moved.state == "ready" else f"still {moved.state.value}"


def differences(record: VaccinationRecord, citizen: Citizen) -> dict[str, str]:
    """What the person's papers say otherwise, as `correct` takes it."""
    person, changes = record.person, dict[str, str]()
    if comparable(person.full_name or "") != comparable(citizen.full_name):
        changes["full_name"] = citizen.full_name
    if person.date_of_birth != citizen.born:
        changes["date_of_birth"] = _written(citizen.born)
    if person.sex != citizen.sex:
        changes["sex"] = "Nam" if citizen.sex is Sex.MALE else "Nữ"
    if person.id_number != citizen.id_number:
        changes["id_number"] = citizen.id_number
    doses = {dose.number: dose for dose in record.doses}
    for given in citizen.doses:
        typed, day = doses.get(given.number), given.given_on
        if typed is None:
            continue  # a dose that was forgotten comes with the station's next file
        if typed.given_on != day:
            changes[f"dose.{given.number}.given_on"] = f"{day.day:02d}/{day.month:02d}/{day.year}"
        if typed.lot != given.lot:
            changes[f"dose.{given.number}.lot"] = given.lot
    return changes


def _written(day: PartialDate) -> str:
    return str(day.year) if day.day is None or day.month is None else f"{day.day:02d}/{day.month:02d}/{day.year}"


def work_of_police(day: Day) -> None:
    """The dead and the merged are settled; of the others each commune gets a list, signs it and hands it back."""
    with day.stage("police: settled", hour=49.5) as stage:
        waiting: defaultdict[str, list[str]] = defaultdict(list)
        for row in _items(day, "police"):
            if row.work_class in _SETTLED:
                stage.came += 1
                settle(day.centre, officer(row.unit), row.record_id, finding=_SETTLED[WorkClass(row.work_class)])
                stage.went += 1
            else:
                waiting[row.unit].append(row.record_id)
    with day.stage("police: lists signed, taken in", hour=50) as stage:
        certificates = {unit: der for unit, der in _police_certificates(day) if unit in waiting}
        selector = TokenSelector(label="police")
        first = next(iter(certificates.values()), None)
        if first is None:
            return
        lock = threading.Lock()
        token = open_key(day.tokens.module, selector, lambda: day.tokens.pin, certificate_der=first)
        for unit, der in certificates.items():
            try:
                made = make_list(day.engine, unit, staff=clerk(unit), at=day.clock())
            except CentreError as error:
                if error.code != "list-empty":  # of doses police have nothing to say
                    raise
                continue
            answers = {record_id: _conclude(day, record_id) for record_id in waiting[unit]}
            filled = fill(made.file, answers)
            cms = sign_file(filled, SharedKey(token, lock, der), account=officer(unit).account, at=day.clock())
            applied = apply_list(day.engine, day.centre.settings, filled, cms, by=clerk(unit).actor, at=day.clock())
            stage.came += len(applied.rows)
            for row in applied.rows:
                if row.outcome == "applied" and row.state in ("ready", "awaiting_match"):
                    stage.went += 1
                else:
                    stage.why[row.reason or f"{row.outcome}: {row.state}"] += 1
            day.figures["police_lists"] = day.figures.get("police_lists", 0) + 1
    with day.stage("police: found, and mended at the station") as stage:
        for row in _items(day, "police"):
            stage.came += 1
            hand_back(day.centre, officer(row.unit), row.record_id, reason=HandBackReason.PERSON_FOUND)
            said = _correct(day, clerk(row.unit), row.record_id)
            if said is None:
                stage.went += 1
            else:
                stage.why[said] += 1


def _police_certificates(day: Day) -> list[tuple[str, bytes]]:
    with day.engine.connect() as connection:
        found = {row.unit: row.certificate for row in connection.execute(select(tokens.c.unit, tokens.c.certificate))}
    return [(station.unit, found[officer(station.unit).unit]) for station in day.stations]


def _conclude(day: Day, record_id: str) -> tuple[Any, ...]:
    """What police, who know how things are, write into the list's columns."""
    case: Case = day.case(record_id)
    if case.kind == "unregistered":
        return (LABELS[Conclusion.NOT_FOUND],)
    with day.engine.connect() as connection:
        stored = load_record(connection, record_id)
    assert stored is not None
    changes = differences(stored.record, case.citizen)
    fields = [changes.get(field) for field in ("full_name", "date_of_birth", "sex", "id_number")]
    if any(fields):
        return (LABELS[Conclusion.CORRECTED], *fields)
    return (LABELS[Conclusion.CONFIRMED],)


def decide_duplicates(day: Day) -> None:
    """The overseer looks at every pair; whoever typed the same person twice is joined."""
    with day.stage("duplicates decided", hour=0.9) as stage:
        for pair in list_open(day.centre, overseer(), limit=100_000):
            stage.came += 1
            same = pair["kind"] == "dose" or day.person_of[pair["record"]] == day.person_of.get(pair["other"])
            try:
                decide(day.centre, overseer(), pair["duplicate_id"], "same" if same else "different", why="papers seen")
                stage.went += 1
            except CentreError as error:
                stage.why[error.code] += 1


def _items(day: Day, desk: str) -> list[Any]:
    """What is open on that desk, oldest first."""
    query = select(work_items).where(work_items.c.desk == desk, work_items.c.status == "open")
    with day.engine.connect() as connection:
        return list(connection.execute(query.order_by(work_items.c.since, work_items.c.record_id)))
