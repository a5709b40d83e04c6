"""HTTP for the ministry's machines among themselves. Who logs in here is a token that is enrolled for the ministry."""

import base64
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Session, from_base64, get_centre, require_session
from api.context import Centre
from api.ministry import unit_lists
from api.ministry.files import LARGEST, find_missing, give_out, take_in
from api.problems import RESPONSES
from certificates.unit_list import UNIT_LIST

MOST_NAMES: Final = 1000  # of one question
_SHA256: Final = "^[0-9a-f]{64}$"
_BASE64: Final = 4 / 3 + 0.01
router = APIRouter(prefix="/v1/ministry", tags=["ministry"], responses=RESPONSES)


class MissingRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    files: list[Annotated[str, Field(pattern=_SHA256)]] = Field(max_length=MOST_NAMES, description="SHA-256 of each")


class MissingAnswer(BaseModel):
    missing: list[str]


class FileRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    data: str = Field(max_length=int(LARGEST * _BASE64), description="base64")


class NameRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sha256: str = Field(pattern=_SHA256)


class NameAnswer(BaseModel):
    sha256: str


class DataAnswer(BaseModel):
    data: str = Field(description="base64")

    @classmethod
    def of(cls, data: bytes) -> "DataAnswer":
        return cls(data=base64.b64encode(data).decode("ascii"))


class NothingRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UnitListRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    manifest: str = Field(max_length=int(UNIT_LIST.max_size * _BASE64), description="base64 of a signed manifest")


class VersionAnswer(BaseModel):
    version: int


@router.post("/files/missing")
def missing(
    request: MissingRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> MissingAnswer:
    """Which of these files were not handed in yet."""
    found = find_missing(centre, session, [bytes.fromhex(name) for name in request.files])
    return MissingAnswer(missing=[name.hex() for name in found])


@router.post("/files")
def hand_in(
    request: FileRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> NameAnswer:
    """Hand in a part of a list. It means nothing until a signed list names it."""
    return NameAnswer(sha256=take_in(centre, session, from_base64(request.data, "data")).hex())


@router.post("/files/read")
def read(
    request: NameRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> DataAnswer:
    """A file that was handed in."""
    return DataAnswer.of(give_out(centre, session, bytes.fromhex(request.sha256)))


@router.post("/units")
def hand_in_units(
    request: UnitListRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> VersionAnswer:
    """The ministry's signed list of enrolled units, for its other machines. Its parts are handed in before."""
    manifest = from_base64(request.manifest, "manifest")
    return VersionAnswer(version=unit_lists.receive(centre, session, manifest))


@router.post("/units/newest")
def newest_units(
    _request: NothingRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> DataAnswer:
    """The manifest of the newest list of units: the ministry's machines verify it themselves."""
    return DataAnswer.of(unit_lists.newest(centre, session))
