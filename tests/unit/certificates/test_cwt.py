from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest

from certificates.cwt import CwtClaims, decode_claims, parse_rfc3339
from certificates.errors import CheckError, CheckReason
from certificates.payload import HealthCertificate, Name, VaccinationEntry
from tests.support.codes import ABSENT, EXP, IAT, claims, dcc


def instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    "name",
    [Name(fn="Nguyễn", fnt="NGUYEN", gn="Văn An", gnt="VAN<AN"), Name(fnt="AN"), Name(gn="An", gnt="AN")],
)
def test_what_we_write_is_deterministic_cbor(name: Name) -> None:
    entry = dcc()["v"][0]
    certificate = HealthCertificate(
        ver="1.3.3",
        nam=name,
        dob="1950",
        v=VaccinationEntry(**{"is_" if key == "is" else key: value for key, value in entry.items()}),
    )
    encoded = CwtClaims(issuer="VN", issued_at=IAT, expires_at=EXP, certificate=certificate).encode()
    assert encoded == cbor2.dumps(cbor2.loads(encoded), canonical=True)
    assert decode_claims(encoded).dcc == certificate.to_dict()


def test_claims_are_read() -> None:
    read = decode_claims(cbor2.dumps(claims()))
    assert (read.issuer, read.issued_at, read.expires_at) == ("VN", instant(IAT), instant(EXP))
    assert read.dcc == dcc()
    assert "NGUYEN" not in repr(read)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (1.5, 1.5),
        (float(IAT), IAT),
        (cbor2.CBORTag(1, IAT), IAT),
        (cbor2.CBORTag(1, IAT + 0.25), IAT + 0.25),
        (cbor2.CBORTag(0, "2022-05-01T07:00:00+07:00"), IAT),
        (253402300799, 253402300799),
    ],
)
def test_dates_in_every_living_form(value: Any, expected: float) -> None:
    read = decode_claims(cbor2.dumps(claims(iat=value, exp=value)))
    assert read.issued_at == read.expires_at == instant(expected)


@pytest.mark.parametrize(
    "value",
    [
        ABSENT, None, True, "2022-05-01T00:00:00Z", b"\x00", [IAT], {}, -1, -0.5, 253402300800, 2**63, 2**64 - 1, 1e300,
        float("nan"), float("inf"), float("-inf"), cbor2.CBORTag(0, "2022-05-01"), cbor2.CBORTag(0, "x"),
        cbor2.CBORTag(0, "0001-01-01T00:00:00+10:00"), cbor2.CBORTag(1, 2**64 - 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("claim", ["iat", "exp"])
def test_what_is_no_date_is_refused(claim: str, value: Any) -> None:
    with pytest.raises(CheckError) as caught:
        decode_claims(cbor2.dumps(claims(**{claim: value})))
    assert caught.value.reason is CheckReason.CWT


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xa0",
        b"\x80",
        cbor2.dumps(claims()) + b"\x00",
        cbor2.dumps(claims(iss=5)),
        cbor2.dumps(claims(iss=b"VN")),
        cbor2.dumps(claims(hcert=ABSENT)),
        cbor2.dumps(claims(hcert=None)),
        cbor2.dumps(claims(hcert={})),
        cbor2.dumps(claims(hcert=[dcc()])),
        cbor2.dumps(claims(hcert={2: dcc()})),
        cbor2.dumps(claims(hcert={1: [dcc()]})),
        cbor2.dumps(claims(hcert={1: cbor2.dumps(dcc())})),
        b"\xa2\x01\x62VN" + cbor2.dumps(claims())[1:],
    ],
    ids=lambda payload: payload[:8].hex(),
)
def test_what_is_no_passport_is_refused(payload: bytes) -> None:
    with pytest.raises(CheckError) as caught:
        decode_claims(payload)
    assert caught.value.reason is CheckReason.CWT


def test_an_issuer_may_be_missing() -> None:
    assert decode_claims(cbor2.dumps(claims(iss=ABSENT))).issuer is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-03-01T08:00:00+07:00", datetime(2022, 3, 1, 1, tzinfo=UTC)),
        ("2022-03-01t01:00:00z", datetime(2022, 3, 1, 1, tzinfo=UTC)),
        ("2022-03-01 01:00:00.5Z", datetime(2022, 3, 1, 1, 0, 0, 500_000, tzinfo=UTC)),
        ("2022-02-28T23:59:59.123456789-01:30", datetime(2022, 3, 1, 1, 29, 59, 123_456, tzinfo=UTC)),
        ("2022-03-01T01:00:00-00:00", datetime(2022, 3, 1, 1, tzinfo=UTC)),
    ],
)
def test_rfc3339(text: str, expected: datetime) -> None:
    assert parse_rfc3339(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "2022", "2022-03-01", "20220301T010000Z", "2022-03-01T01:00Z", "2022-03-01T01:00:00",
        "2022-03-01T01:00:00+07", "2022-03-01T01:00:00+0700", "2022-02-29T00:00:00Z", "2022-03-01T25:00:00Z",
        "2022-03-01T01:00:00Z\n", " 2022-03-01T01:00:00Z", "2022-W09-2T01:00:00Z", "2022-03-01T01:00:00,5Z",
        "٢٠٢٢-03-01T01:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2022-03-01T01:00:00+24:00",
    ],
)  # fmt: skip
def test_no_other_notation(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts of the standard library differ
        parse_rfc3339(text)
