"""Acceptance rules and checked certificates for tests."""

from datetime import datetime
from typing import Any

from certificates.checking import CheckedCertificate, check_text
from certificates.trust import TrustStore
from tests.support.codes import AT, code, dcc
from tests.support.softkeys import soft_key

TAIL = {"tg": "840539006", "co": "VN", "is": "Bộ Y tế", "ci": "URN:UVCI:01:VN:7K3M9PX2QRT4VW"}


def rule(identifier: str = "GR-XX-0001", logic: object = True, **changes: Any) -> dict[str, Any]:
    """A rule in the gateway's form; a field changed to None is left out."""
    document = {
        "Identifier": identifier,
        "Type": "Acceptance",
        "Country": "XX",
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "1.0.0",
        "CertificateType": "General",
        "Description": [{"lang": "en", "desc": f"{identifier} asks."}, {"lang": "vi", "desc": f"{identifier} hỏi."}],
        "ValidFrom": "2021-06-01T00:00:00Z",
        "ValidTo": "2030-06-01T00:00:00Z",
        "AffectedFields": ["v.0"],
        "Logic": logic,
    }
    return {name: value for name, value in {**document, **changes}.items() if value is not None}


def checked(at: datetime = AT, **changes: Any) -> CheckedCertificate:
    """A certificate that passed `check_text`; changes are those of `tests.support.codes.claims`."""
    key = soft_key("ES256")
    return check_text(code(key, **changes), TrustStore.of([key.certificate_der]), at)


def vaccination(at: datetime = AT, *, ver: str = "1.3.0", **changes: Any) -> CheckedCertificate:
    """A checked vaccination certificate with changes in its entry."""
    document = dcc(ver=ver)
    document["v"] = [document["v"][0] | changes]
    return checked(at, dcc=document)


def negative(at: datetime = AT, **changes: Any) -> CheckedCertificate:
    """A checked certificate of a negative NAAT."""
    entry = {"tt": "LP6464-4", "nm": "PCR", "sc": "2022-05-30T08:30:00+07:00", "tr": "260415000", "tc": "Bạch Mai"}
    return _of_kind("t", entry | changes, at)


def recovery(at: datetime = AT, **changes: Any) -> CheckedCertificate:
    """A checked certificate of recovery."""
    return _of_kind("r", {"fr": "2022-02-01", "df": "2022-02-12", "du": "2022-08-01"} | changes, at)


def _of_kind(kind: str, entry: dict[str, Any], at: datetime) -> CheckedCertificate:
    document = dcc()
    del document["v"]
    return checked(at, dcc=document | {kind: [TAIL | entry]})
