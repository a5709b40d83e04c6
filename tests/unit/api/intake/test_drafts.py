"""Record numbers."""

import pytest

from api.intake.drafts import new_record_id
from certificates.uvci import OPAQUE_ALPHABET


def test_no_record_number_is_taken_for_a_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of acts refuses such a subject: nothing could ever be done with the record."""
    drawn = iter([bytes(OPAQUE_ALPHABET.index(digit) for digit in "001180123456"), bytes(range(12))])
    monkeypatch.setattr("secrets.token_bytes", lambda _size: next(drawn))
    assert new_record_id() == OPAQUE_ALPHABET[:12]
