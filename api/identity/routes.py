"""HTTP for identity: questions about one person, attestations, and lists for police."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.reading import Purpose
from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import from_base64, get_centre
from api.context import Centre
from api.identity.attestation import attest_as
from api.identity.list_file import MAX_FILE
from api.identity.lists import ask_list, make_list, show_lists_to, withdraw_list
from api.identity.opening import open_register, targets_of
from api.identity.queries import compare_record, show_entries
from api.identity.register import Register
from api.identity.signed_lists import apply_list
from api.problems import RESPONSES
from certificates.pdf.cms import MAX_SIZE
from certificates.records.model import Person
from certificates.records.near_misses import Difference

router = APIRouter(prefix="/v1/identity", tags=["identity"], responses=RESPONSES)
_Centre = Annotated[Centre, Depends(get_centre)]
_Clerk = Annotated[Staff, Depends(require_staff("clerk"))]
_Police = Annotated[Staff, Depends(require_staff("police"))]
_Either = Annotated[Staff, Depends(require_staff("clerk", "police"))]
_Reader = Annotated[Staff, Depends(require_staff("clerk", "police", "overseer"))]
_RecordId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_ListId = Annotated[str, Path(pattern=r"^[A-Z]{14}$")]
_Unit = Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,32}$")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class QueryRequest(_Request):
    purpose: Purpose


class CompareAnswer(BaseModel):
    status: str = Field(description="found, no_answer, deceased or merged")
    differing: list[str] = Field(description="fields that the register does not confirm; never its values")


class DifferenceAnswer(BaseModel):
    field: str
    slip: str = Field(description="what may have gone wrong: certificates.records.near_misses")
    entered: str
    registered: str

    @classmethod
    def of(cls, one: Difference) -> "DifferenceAnswer":
        return cls(field=one.field, slip=one.slip.value, entered=one.entered, registered=one.registered)


class PersonAnswer(BaseModel):
    full_name: str
    date_of_birth: str | None
    sex: str | None
    id_number: str | None

    @classmethod
    def of(cls, person: Person) -> "PersonAnswer":
        known = person.to_dict()
        return cls(**{name: known[name] for name in cls.model_fields})


class EntryAnswer(BaseModel):
    registered: PersonAnswer
    differences: list[DifferenceAnswer]


class EntriesAnswer(BaseModel):
    record: str
    version: int
    entered: PersonAnswer
    entries: list[EntryAnswer]


class DocumentRequest(_Request):
    document: str = Field(max_length=32, description="what was seen")


class RecordAnswer(BaseModel):
    record: str
    state: str
    reason: str | None


class MakeListRequest(_Request):
    unit: _Unit
    export_id: str | None = Field(default=None, max_length=64, description="what a second person approved")


class MakeListAnswer(BaseModel):
    state: str = Field(description="made, or waiting: a second person approves the export first (/v1/staff/exports)")
    export_id: str
    list: str | None = None
    rows: int
    classes: dict[str, int] = {}
    file: str | None = Field(default=None, description="base64 of the XLSX")


class SignedListRequest(_Request):
    file: str = Field(max_length=MAX_FILE * 4 // 3 + 4, description="base64 of the XLSX as police signed it")
    signature: str = Field(max_length=MAX_SIZE * 4 // 3 + 4, description="base64 of the detached CMS")


class WithdrawRequest(_Request):
    reason: str = Field(min_length=1, max_length=500, description="why; no personal data")


class ListAnswer(BaseModel):
    list: str
    state: str


class ListsAnswer(BaseModel):
    lists: list[dict[str, Any]]


@router.post("/records/{record_id}/compare")
def compare(record_id: _RecordId, request: QueryRequest, centre: _Centre, staff: _Either) -> CompareAnswer:
    """Which fields the register does not confirm."""
    found = compare_record(centre, _register(centre), record_id, staff=staff, purpose=request.purpose)
    return CompareAnswer(status=found.status.value, differing=list(found.differing))


@router.post("/records/{record_id}/entries")
def entries(record_id: _RecordId, request: QueryRequest, centre: _Centre, staff: _Police) -> EntriesAnswer:
    """What the register has, side by side with what was entered. For police."""
    stored, shown = show_entries(centre, _register(centre), record_id, staff=staff, purpose=request.purpose)
    return EntriesAnswer(
        record=record_id,
        version=stored.record.version,
        entered=PersonAnswer.of(stored.record.person),
        entries=[
            EntryAnswer(
                registered=PersonAnswer.of(entry.registered),
                differences=[DifferenceAnswer.of(one) for one in entry.differences],
            )
            for entry in shown
        ],
    )


@router.post("/records/{record_id}/attestation")
def attestation(record_id: _RecordId, request: DocumentRequest, centre: _Centre, staff: _Clerk) -> RecordAnswer:
    """Answer by name for a foreigner, whose passport was seen."""
    attest_as(
        centre.engine,
        record_id,
        document=request.document,
        staff=staff,
        at=centre.clock(),
        targets=targets_of(centre.settings),
    )
    return RecordAnswer(record=record_id, state="ready", reason=None)


@router.post("/lists")
def make(request: MakeListRequest, centre: _Centre, staff: _Clerk) -> MakeListAnswer:
    """The list for police, as a spreadsheet; it counts as an export. Who makes it vouches for the doses."""
    export_id = request.export_id
    if export_id is None:
        export = ask_list(centre, request.unit, staff=staff)
        if export.state == "waiting":
            return MakeListAnswer(state="waiting", export_id=export.export_id, rows=export.persons)
        export_id = export.export_id
    made = make_list(centre.engine, request.unit, staff=staff, at=centre.clock(), export_id=export_id)
    file = base64.b64encode(made.file).decode("ascii")
    return MakeListAnswer(
        state="made", export_id=export_id, list=made.list_id, rows=made.rows, classes=dict(made.classes), file=file
    )


@router.get("/lists")
def lists(unit: Annotated[str, Query(pattern=r"^[A-Z0-9-]{1,32}$")], centre: _Centre, staff: _Reader) -> ListsAnswer:
    """The newest lists of a unit, and where they are."""
    return ListsAnswer(lists=show_lists_to(centre.engine, unit, staff=staff))


@router.post("/lists/signed")
def signed(request: SignedListRequest, centre: _Centre, staff: _Either) -> dict[str, Any]:
    """Hand in a list that police signed: each row with its outcome."""
    applied = apply_list(
        centre.engine,
        centre.settings,
        from_base64(request.file, "file"),
        from_base64(request.signature, "signature"),
        by=staff.actor,
        at=centre.clock(),
        staff=staff,
    )
    return applied.to_dict()


@router.post("/lists/{list_id}/withdraw")
def withdraw(list_id: _ListId, request: WithdrawRequest, centre: _Centre, staff: _Clerk) -> ListAnswer:
    """Give a list up that does not come back."""
    withdraw_list(centre.engine, list_id, staff=staff, why=request.reason, at=centre.clock())
    return ListAnswer(list=list_id, state="withdrawn")


def _register(centre: Centre) -> Register:
    return open_register(centre.settings, centre.engine, centre.clock)
