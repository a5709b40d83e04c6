"""When the register is the one that is wrong: health has seen a document, and police's signed word settles it."""

from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from api.accounts.staff import Staff, refuse_place, refuse_role
from api.audit import record_act
from api.errors import CentreError
from api.identity.lists import ASKED
from api.states import RecordState
from api.store.records import StoredRecord, load_record, move_record
from api.store.transactions import writing
from certificates.errors import RecordError

DOCUMENTS: Final = ("id-card", "birth-certificate", "passport", "residence")  # what health has seen
_SINCE: Final = ASKED - {RecordState.REGISTER_DISPUTED}


def dispute_register(engine: Engine, record_id: str, *, document: str, staff: Staff, at: datetime) -> StoredRecord:
    """A person whose document says what the station wrote: the record waits for police (`api.identity.lists`).

    Nothing changes it until then, and the register is not asked about it.

    Raises CentreError ``role``, ``place``, ``dispute-document`` (none of `DOCUMENTS`); RecordError ``record-unknown``,
    ``record-state`` (the register said nothing of it that could be wrong).
    """
    refuse_role(staff, "clerk")
    if document not in DOCUMENTS:
        raise CentreError("dispute-document", f"a document is one of: {', '.join(DOCUMENTS)}")
    with writing(engine) as connection:
        stored = load_record(connection, record_id, lock=True)
        if stored is None:
            raise RecordError("record-unknown", "there is no record of this number")
        refuse_place(connection, staff, stored.record.unit)
        if stored.state not in _SINCE:
            raise RecordError("record-state", f"the record is {stored.state.value}: the register is not in question")
        fields = (stored.reason or "").partition(":")[2]
        reason = f"register-wrong:{fields}" if fields else "register-wrong"
        move_record(connection, stored, RecordState.REGISTER_DISPUTED, reason, at=at)
        record_act(connection, at=at, actor=staff.actor, act="register-disputed", subject=record_id, reason=document)
        moved = load_record(connection, record_id)
        assert moved is not None  # noqa: S101 - it is locked
        return moved
