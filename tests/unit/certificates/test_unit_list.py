"""The signed list of units: what it says comes back, and nothing else does."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest

from certificates import signed_list, unit_list
from certificates.bundle import Part
from certificates.bundle_folder import folder_reader, part_path
from certificates.errors import CertificateError
from certificates.unit_list import MANIFEST, UNIT_LIST, UnitEntry, UnitManifest
from tests.support.codes import AT
from tests.support.softkeys import SoftKey
from tests.support.trust_lists import DSC, LIST_KEY, ROOT, ROOTS, WEEK, certify

OFFICER = [LIST_KEY.certificate_der]
ENTRIES = [
    UnitEntry(unit=f"TYT-{number:03}", certificate=DSC.certificate_der, suspended=number == 7, daily_quota=number)
    for number in range(200)
]


def sign(
    folder: Path, entries: list[UnitEntry], *, key: SoftKey = LIST_KEY, pinned: list[bytes] = ROOTS
) -> UnitManifest:
    return unit_list.sign_next(folder, entries, key, pinned, issued_at=AT, expires_at=AT + WEEK)


def code_of(call: Any) -> str:
    with pytest.raises(CertificateError) as error:
        call()
    return error.value.code


def bring(source: Path, folder: Path, *, pinned: list[bytes] = ROOTS, seen: int = 0, days: int = 0) -> UnitManifest:
    get = folder_reader(source)
    data = get(MANIFEST, UNIT_LIST.max_size)
    return unit_list.install(data, get, folder, pinned, at=AT + timedelta(days=days), seen=seen)


def test_what_was_signed_comes_back_in_order(tmp_path: Path) -> None:
    manifest = sign(tmp_path, list(reversed(ENTRIES)))
    assert manifest.version == 1
    found = unit_list.read_entries(manifest, folder_reader(tmp_path))
    assert sorted(found, key=lambda one: one.unit) == ENTRIES
    assert 50 < len(manifest.parts) <= 64


def test_a_change_of_one_unit_brings_one_part(tmp_path: Path) -> None:
    first = sign(tmp_path, ENTRIES)
    second = sign(tmp_path, [replace(ENTRIES[0], suspended=True), *ENTRIES[1:]])
    assert second.version == 2
    assert len(set(second.parts) - set(first.parts)) == 1


def test_a_machine_goes_on_and_never_back(tmp_path: Path) -> None:
    officer, machine, old = tmp_path / "officer", tmp_path / "machine", tmp_path / "old"
    sign(officer, ENTRIES)
    sign(old, ENTRIES[:1])
    assert bring(officer, machine).version == 1
    sign(officer, ENTRIES[:-1])
    assert bring(officer, machine, seen=1).version == 2
    assert code_of(lambda: bring(old, machine, seen=2)) == "list-rollback"
    assert unit_list.read_manifest(machine, ROOTS).version == 2
    assert code_of(lambda: bring(officer, machine, days=8)) == "list-expired"
    assert code_of(lambda: bring(officer, machine, days=-1)) == "list-future"


def test_who_may_sign_is_what_is_pinned(tmp_path: Path) -> None:
    other = certify(ROOT)
    sign(tmp_path / "officer", ENTRIES[:3], pinned=OFFICER)
    sign(tmp_path / "other", ENTRIES[:3], key=other)
    assert bring(tmp_path / "officer", tmp_path / "machine", pinned=OFFICER).version == 1
    assert code_of(lambda: bring(tmp_path / "other", tmp_path / "machine", pinned=OFFICER)) == "list-chain"
    assert code_of(lambda: sign(tmp_path / "new", ENTRIES, key=other, pinned=OFFICER)) == "list-chain"
    assert code_of(lambda: sign(tmp_path / "officer", ENTRIES, key=other, pinned=OFFICER)) == "list-chain"


def test_another_list_of_the_same_signer_is_none_of_units(tmp_path: Path) -> None:
    trust = signed_list.ListKind(name="unit-list", purpose=b"vaxseal/trust-list/1", max_size=9999)
    data = signed_list.sign(trust, [], LIST_KEY, version=1, issued_at=AT, expires_at=AT + WEEK)
    assert code_of(lambda: unit_list.verify(data, ROOTS)) == "list-signature"


def test_a_part_that_is_missing_or_another(tmp_path: Path) -> None:
    manifest = sign(tmp_path / "officer", ENTRIES)
    path = tmp_path / "officer" / part_path(manifest.parts[0])
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert code_of(lambda: bring(tmp_path / "officer", tmp_path / "machine")) == "list-differs"
    path.unlink()
    assert code_of(lambda: bring(tmp_path / "officer", tmp_path / "machine")) == "list-missing"
    assert not (tmp_path / "machine" / MANIFEST).exists()
    path.write_bytes(data)
    bring(tmp_path / "officer", tmp_path / "machine")
    (tmp_path / "machine" / part_path(manifest.parts[0])).write_bytes(b"")
    assert bring(tmp_path / "officer", tmp_path / "machine", seen=1).version == 1  # what was damaged is brought again


@pytest.mark.parametrize(
    "body", [{}, [[b"", 1]], [[bytes(32), 0]], [[bytes(32)]], [bytes(32)], [["x" * 32, 1]]], ids=repr
)
def test_a_manifest_of_another_form(body: Any) -> None:
    data = signed_list.sign(UNIT_LIST, body, LIST_KEY, version=1, issued_at=AT, expires_at=AT + WEEK)
    assert code_of(lambda: unit_list.verify(data, ROOTS)) == "list-form"


GOOD: list[Any] = ["TYT-1", b"x", False, 3]
BROKEN: list[Any] = [GOOD[:3], [1, *GOOD[1:]], ["", *GOOD[1:]], [*GOOD[:2], 0, 3], [*GOOD[:3], True], [*GOOD[:3], -1]]


@pytest.mark.parametrize(
    "rows", [{}, [3], [GOOD, GOOD], [["B", *GOOD[1:]], ["A", *GOOD[1:]]], *([row] for row in BROKEN)], ids=repr
)
def test_a_part_of_another_form(rows: Any, tmp_path: Path) -> None:
    data = cbor2.dumps(rows)
    part = Part.of(data)
    (tmp_path / "parts").mkdir()
    (tmp_path / part_path(part)).write_bytes(data)
    manifest = replace(sign(tmp_path / "x", []), parts=(part,))
    assert code_of(lambda: unit_list.read_entries(manifest, folder_reader(tmp_path))) == "list-form"
