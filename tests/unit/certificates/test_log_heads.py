import json
from datetime import UTC, datetime

import pytest

from certificates.act_chain import LogHead
from certificates.errors import CertificateError
from certificates.log_heads import GivenHead, SeenHead, give_head, is_ours, read_seen

SECRET = bytes(range(32))
HEAD = LogHead(sequence=41, hash=bytes(range(32)))
AT = datetime(2022, 3, 1, 2, 30, 9, tzinfo=UTC)
SEEN = SeenHead(given=give_head(SECRET, HEAD), seen_at=AT, centre="https://centre.example.vn")


def test_the_centre_knows_its_own_again() -> None:
    given = give_head(SECRET, HEAD)
    assert is_ours(SECRET, given)
    assert not is_ours(bytes(32), given)
    for other in (LogHead(sequence=42, hash=HEAD.hash), LogHead(sequence=41, hash=bytes(32))):
        assert not is_ours(SECRET, GivenHead(head=other, seal=given.seal))


def test_through_json_and_back() -> None:
    assert GivenHead.from_dict(json.loads(json.dumps(SEEN.given.to_dict()))) == SEEN.given


@pytest.mark.parametrize(
    "change",
    [{"sequence": 0}, {"sequence": True}, {"sequence": 2**60}, {"hash": "AAAA"}, {"seal": "AAAA"}, {"seal": "?"}],
    ids=str,
)
def test_another_form(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        GivenHead.from_dict({**SEEN.given.to_dict(), **change})


def test_lines_and_one_that_was_torn() -> None:
    line = SEEN.to_line()
    assert line.startswith("2022-03-01T02:30:09Z 41 0001")
    assert read_seen("") == read_seen(line[:90]) == ()
    assert read_seen(f"{line}\n{line}\n{line[:90]}") == (SEEN, SEEN)


@pytest.mark.parametrize(
    ("old", "new"),
    [("2022-03-01", "2022-02-30"), (" 41 ", " 0 "), (" 41 ", " 9007199254740992 "), (" 41 ", " -1 "), (" https", "")],
)
def test_a_line_that_is_none_is_named(old: str, new: str) -> None:
    line = SEEN.to_line()
    with pytest.raises(CertificateError, match="witness-form: line 2"):
        read_seen(f"{line}\n{line.replace(old, new)}\n")
