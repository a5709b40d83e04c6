"""Citizens complain: most are answered, some refused, one appeals, some nobody answers within 48 hours."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from api.complaints.deciding import confirm, refuse
from api.complaints.following import answer, appeal, follow, withdraw
from api.complaints.kinds import ComplaintKind
from api.complaints.opening import Opened, Opening, open_complaint
from api.complaints.photos import clean_photo
from api.complaints.refusals import Refusal
from api.complaints.sweep import sweep_complaints
from api.complaints.working import ask
from api.errors import CentreError
from api.identity.proofs import Proof, ProofKind
from api.intake.slips import write_slips
from api.store.records import load_record
from api.store.schema import records
from api.store.schema_complaints import complaints
from bench.province.day import Day, clerk, overseer
from bench.province.mending import differences
from tests.support.photos import photo
from vaxseal.demo.people import Citizen

EACH: Final = 10  # communes for one complaint of each kind
_WRONG: Final = ("lost_marks", "swapped_birthday", "wrong_sex")
_KIND: Final = ComplaintKind


@dataclass(frozen=True, slots=True)
class _Complaint:
    opened: Opened
    kind: ComplaintKind
    record_id: str | None = None
    late: bool = False  # nobody answers it


def complain(day: Day) -> None:
    """Open them, and answer all but the late ones."""
    slips = _print_slips(day)
    opened: list[_Complaint] = []
    with day.stage("complaints opened", hour=0.5) as stage:
        for kind, record_id, unit, late in _who_complains(day):
            stage.came += 1
            try:
                opened.append(_open(day, slips, kind, record_id, unit, late=late))
            except CentreError as error:
                stage.why[f"{kind.value}: {error.code}"] += 1
        stage.went = len(opened)
    day.figures["complaints"] = dict(Counter(one.kind.value for one in opened))
    with day.stage("complaints answered in time", hour=0.8) as stage:
        refused: list[_Complaint] = []
        for complaint in opened:
            stage.came += 1
            if complaint.late:
                stage.why["nobody answers"] += 1
                continue
            said = _decide(day, complaint)
            if said is None:
                stage.went += 1
            else:
                stage.why[said] += 1
                refused += [complaint] if said.startswith("refused") else []
    with day.stage("an appeal, one unit up") as stage:
        for complaint in refused[:1]:
            stage.came += 1
            number, secret = complaint.opened.number, complaint.opened.secret
            appeal(day.centre, number, secret, "Xin xem lại")
            refuse(day.centre, number, Refusal.DATES_DIFFER, staff=overseer(), note="Đã đối chiếu với sổ tiêm")
            assert follow(day.centre, number, secret).state == "refused"
            stage.why["refused again"] += 1


def breach(day: Day) -> None:
    """Those that nobody answered: warned, breached, gone up the tree, and decided there."""
    with day.stage("48 hours over: swept, decided above", hour=49.2) as stage:
        swept = sweep_complaints(day.centre)
        day.figures["swept"] = swept
        query = select(complaints.c.complaint_id).where(complaints.c.state == "open")
        with day.engine.connect() as connection:
            left = connection.execute(query).scalars().all()
        for number in left:
            stage.came += 1
            refuse(day.centre, number, Refusal.NOTHING_MATCHES, staff=overseer(), note="Mang phiếu tiêm đến trạm")
            stage.why["refused: nothing-matches"] += 1
        assert stage.came == swept["breached"] == swept["escalated"]


def _print_slips(day: Day) -> dict[str, str]:
    """Claim codes by record id."""
    out = io.StringIO()
    with day.stage("slips printed", hour=0.4) as stage:
        stage.came = stage.went = write_slips(day.engine, day.centre.secret, out, by="ytx.van", at=day.clock())
    return {row["record"]: row["code"] for row in csv.DictReader(io.StringIO(out.getvalue()))}


def _who_complains(day: Day) -> list[tuple[ComplaintKind, str | None, str | None, bool]]:
    """Kind, record, unit, whether it stays unanswered."""
    with day.engine.connect() as connection:
        stand = connection.execute(select(records.c.record_id, records.c.state)).all()
    stand = sorted(stand, key=lambda row: day.person_of[row.record_id])
    wrong = [row.record_id for row in stand if row.state == "mismatched" and day.case(row.record_id).kind in _WRONG]
    good = iter([row.record_id for row in stand if row.state == "ready" and day.case(row.record_id).kind == "clean"])
    lost = iter([station.unit for station in day.stations if _unknown_person(day, station.unit) is not None])
    found: list[tuple[ComplaintKind, str | None, str | None, bool]] = []
    for record_id in wrong[::3]:
        day.kept_back.add(record_id)
        found.append((_KIND.PERSON_WRONG, record_id, None, False))
    for station in day.stations[::EACH]:
        for kind in (_KIND.DOSES_MISSING, _KIND.DATA_WRONG, _KIND.NO_CERTIFICATE):
            if (record_id := next(good, None)) is not None:
                found.append((kind, record_id, None, False))
        found.append((_KIND.NOTHING_FOUND, None, next(lost, station.unit), False))
        for kind in (_KIND.DATES_MISSING, _KIND.CONDUCT):
            found.append((kind, None, station.unit, False))
        found.append((_KIND.NOTHING_FOUND, None, station.unit, True))
    return found


def _open(
    day: Day, slips: dict[str, str], kind: ComplaintKind, record_id: str | None, unit: str | None, *, late: bool
) -> _Complaint:
    opening = Opening(
        kind=kind,
        statement="Tôi chưa có hộ chiếu vắc xin",
        person_name="" if record_id or kind is _KIND.CONDUCT else "Nguyễn Thị Hồng Hạnh",
        record_id=record_id,
        claim_code=record_id and slips[record_id],
        unit=unit,
        photo=clean_photo(photo()) if kind is _KIND.NOTHING_FOUND else None,
    )
    return _Complaint(open_complaint(day.centre, opening), kind, record_id, late)


def _decide(day: Day, complaint: _Complaint) -> str | None:
    """None: confirmed. Else what became of it."""
    number, secret, unit = complaint.opened.number, complaint.opened.secret, complaint.opened.unit
    staff = clerk(unit) if unit.startswith("TYT") else overseer()
    centre = day.centre

    def refused(refusal: Refusal) -> str:
        refuse(centre, number, refusal, staff=staff)
        return f"refused: {refusal.value}"

    match complaint.kind:
        case _KIND.PERSON_WRONG:
            assert complaint.record_id is not None
            changes = differences(_record(day, complaint.record_id), day.case(complaint.record_id).citizen)
            try:
                decision = confirm(centre, number, staff=staff, note="Đã sửa", changes=changes)
            except CentreError as error:
                refuse(centre, number, Refusal.NOTHING_MATCHES, staff=staff)
                return f"refused: {error.code} {','.join(error.fields)}"
            return "proposed" if decision.proposed else None
        case _KIND.NO_CERTIFICATE | _KIND.CONDUCT:
            return "proposed" if confirm(centre, number, staff=staff, note="Đã xem xét").proposed else None
        case _KIND.DATA_WRONG:
            withdraw(centre, number, secret)
            return "withdrawn by the citizen"
        case _KIND.DATES_MISSING:
            ask(centre, number, "Tiêm ngày nào?", staff=staff)
            answer(centre, number, secret, "Tháng tám", clean_photo(photo()))
            return refused(Refusal.DATES_DIFFER)
        case _KIND.DOSES_MISSING:
            return refused(Refusal.WRONG_DOSE)
        case _:
            person = _unknown_person(day, unit)
            if person is None:
                return refused(Refusal.BLURRED)
            changes, proof = _by_the_book(day.cases[person].citizen), Proof(kind=ProofKind.STATION_BOOK)
            decision = confirm(centre, number, staff=staff, note="Đã bổ sung", changes=changes, proof=proof)
            assert decision.record_id is not None
            day.person_of[decision.record_id] = person
            day.figures["entered_by_complaints"] = day.figures.get("entered_by_complaints", 0) + 1
            return None


def _unknown_person(day: Day, unit: str) -> int | None:
    """Somebody vaccinated at this station whose rows were all refused."""
    known = set(day.person_of.values())
    for person, case in enumerate(day.cases):
        here = {day.stations[row.station].unit for row in case.rows} == {unit}
        if here and person not in known and case.citizen.nationality == "VN":
            return person
    return None


def _by_the_book(citizen: Citizen) -> dict[str, str]:
    """What the station's book says of a person whose rows nobody could read."""
    found = {
        "full_name": citizen.full_name,
        "date_of_birth": citizen.born.iso,
        "sex": citizen.sex.value,
        "id_number": citizen.id_number,
    }
    for number, dose in enumerate(citizen.doses, start=1):
        found |= {
            f"dose.{number}.given_on": dose.given_on.isoformat(),
            f"dose.{number}.product": dose.product,
            f"dose.{number}.lot": dose.lot,
        }
    return found


def _record(day: Day, record_id: str) -> Any:
    with day.engine.connect() as connection:
        stored = load_record(connection, record_id)
    assert stored is not None
    return stored.record
