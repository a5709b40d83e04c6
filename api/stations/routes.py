"""HTTP for the people of a station, beside the signing itself."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Session, get_centre, require_session
from api.context import Centre
from api.problems import RESPONSES
from api.stations.not_ready import find_not_ready
from api.stations.sentences import Sentence

router = APIRouter(prefix="/v1/stations", tags=["stations"], responses=RESPONSES)


class NotReadyRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Both(BaseModel):
    vi: str
    en: str

    @classmethod
    def of(cls, sentence: Sentence) -> "Both":
        return cls(vi=sentence.vi, en=sentence.en)


class WaitingRecord(BaseModel):
    record_id: str
    initials: str = Field(description="of the name; the station has the rest in its own files")
    birth_year: str
    since: str
    state: str
    reason: str
    why: Both
    next: Both = Field(description="what the station does now")


class NotReadyAnswer(BaseModel):
    records: list[WaitingRecord]
    total: int = Field(description="also those that are not listed")


@router.post("/not-ready")
def not_ready(
    _request: NotReadyRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> NotReadyAnswer:
    """The unit's records that cannot be signed yet, each with its reason and the next step; the oldest first."""
    found, total = find_not_ready(centre, session)
    return NotReadyAnswer(
        records=[
            WaitingRecord(
                record_id=one.record_id,
                initials=one.initials,
                birth_year=one.birth_year,
                since=one.since,
                state=one.state,
                reason=one.reason,
                why=Both.of(one.why),
                next=Both.of(one.next),
            )
            for one in found
        ],
        total=total,
    )
