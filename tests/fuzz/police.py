"""Mutants of what comes back from police: the list itself, and the signature over it."""

import io
import zipfile
from datetime import UTC, datetime
from random import Random
from typing import Final

from api.identity.list_file import ListClass, ListHead, ListRow, read_list, write_list
from certificates.errors import CertificateError, RecordError
from certificates.signed_file import read_file_signature, sign_file
from tests.fuzz.engine import READ_ONCE, FalseAcceptError, Family
from tests.fuzz.values import hostile_text, scramble
from tests.support.records import CITIZEN
from tests.support.softkeys import soft_key

_ROW: Final = ListRow(record_id="R1", version=1, list_class=ListClass.BASICS, in_question=("sex",), person=CITIZEN)
_HEAD: Final = ListHead(list_id="BCDFGHJKMNPQRS", unit="TYT-1", made_at="2022-05-04T02:00:00Z", vouched_by="lan")
_LIST: Final = write_list(_HEAD, [_ROW, _ROW])
_KEY: Final = soft_key("ES256")
_SIGNATURE: Final = sign_file(_LIST, _KEY, account="minh.ca", at=datetime(2022, 5, 5, tzinfo=UTC))
_SHEET: Final = "xl/worksheets/sheet1.xml"


def police_families() -> list[Family]:
    """Signatures, and spreadsheets whose container or sheet was changed."""
    return [
        Family("list signature", 3, lambda rng: scramble(rng, _SIGNATURE), _read_signature),
        Family("list file", 2, lambda rng: scramble(rng, _LIST), _read_list, READ_ONCE),
        Family("list sheet", 3, _sheet, _read_list, READ_ONCE),
    ]


def _sheet(rng: Random) -> bytes:
    """A sound container around a sheet that was changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_LIST)) as known, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in known.namelist():
            data = known.read(name)
            if name == _SHEET:
                if rng.random() < 0.5:
                    data = scramble(rng, data)
                else:
                    text = hostile_text(rng).encode("utf-8", "replace").replace(b"<", b"&lt;")
                    data = data.replace(b"TYT-1", text).replace(b'r="A3"', rng.choice((b'r="ZZZ3"', b'r="A1"', b"")))
            made.writestr(name, data)
    return out.getvalue()


def _read_list(made: bytes) -> bool:
    try:
        read_list(made)
    except RecordError:
        return False
    return True


def _read_signature(made: bytes) -> bool:
    try:
        found = read_file_signature(made, _LIST)
        found.verify(_KEY.certificate)
    except CertificateError:
        return False
    if made != _SIGNATURE or found.account != "minh.ca":
        raise FalseAcceptError("nobody made this signature")
    return True
