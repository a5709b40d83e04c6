import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.errors import CertificateError
from certificates.revocation import drafts
from certificates.revocation.drafts import RevocationDraft, gather_groups, read_draft, write_draft
from certificates.revocation.hashes import HashType
from tests.support.codes import AT
from tests.support.revocation import KID, UCI, hashes

DAY = dt.timedelta(days=1)
ONE, TWO, THREE = hashes(range(3))
DRAFT = RevocationDraft(
    draft_id="d1",
    made_at=AT,
    added=gather_groups(
        [
            (KID, UCI, ONE, AT + DAY),
            (KID, UCI, TWO, AT + 3 * DAY),
            (KID, UCI, TWO, AT + DAY),
            (b"DE", HashType.SIGNATURE, THREE, AT),
        ]
    ),
    removed=gather_groups([(KID, UCI, THREE, AT + 2 * DAY)]),
)


def test_a_draft_reads_back() -> None:
    assert read_draft(write_draft(DRAFT)) == DRAFT
    assert DRAFT.added_hashes == {(KID, UCI): tuple(sorted([ONE, TWO])), (b"DE", HashType.SIGNATURE): (THREE,)}
    assert DRAFT.removed_hashes == {(KID, UCI): (THREE,)}
    assert (DRAFT.entries_expire_at, DRAFT.count) == (AT + 3 * DAY, (3, 1))
    document = json.loads(write_draft(DRAFT))
    assert (document["kind"], document["id"]) == ("revocations", "d1")
    assert [group["scope"] for group in document["added"]] == [KID.hex(), "DE"]


def test_an_empty_draft() -> None:
    empty = RevocationDraft(draft_id="d2", made_at=AT, added=(), removed=())
    assert read_draft(write_draft(empty)) == empty
    assert (empty.entries_expire_at, empty.count, empty.added_hashes) == (AT, (0, 0), {})


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(write_draft(DRAFT)) | changes).encode()


def group(**changes: Any) -> bytes:
    return changed(added=[json.loads(write_draft(DRAFT))["added"][0] | changes])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"7",
        b"{}",
        b"[" * 100_000,
        changed(kind="trust"),
        changed(id=""),
        changed(id=7),
        changed(id="x" * 65),
        changed(made_at="today"),
        changed(made_at=7),
        changed(added={}),
        changed(removed=None),
        changed(added=[7]),
        group(scope="VX"),
        group(scope="00"),
        group(scope=7),
        group(type="NAME"),
        group(hashes=["00"]),
        group(hashes=[7]),
        group(expires_at=None),
    ],
    ids=range(20),
)
def test_what_is_no_draft(data: bytes) -> None:
    with pytest.raises(CertificateError, match="draft-form"):
        read_draft(data)


def test_a_draft_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MAX_DRAFT", 10)
    with pytest.raises(CertificateError, match="too large"):
        read_draft(write_draft(DRAFT))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@settings(max_examples=100, deadline=None)
@given(JUNK, st.sampled_from(["kind", "id", "made_at", "added", "removed"]), st.sampled_from(["scope", "hashes"]))
def test_any_json(junk: Any, name: str, part: str) -> None:
    for data in (json.dumps(junk).encode(), changed(**{name: junk}), group(**{part: junk})):
        try:
            read_draft(data)
        except CertificateError:
            continue
