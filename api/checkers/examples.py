"""Examples for the documents of the service: one of each kind of verdict, and of the problems that scanners meet."""

from typing import Any, Final

from api.problems import MEDIA_TYPE, Problem, describe

_LISTS: Final = {"version": 42, "issued_at": "2022-06-01T01:00:00Z", "age_hours": 5, "old": False}
_UNPROVED: Final = dict.fromkeys(("issuer", "kid", "alg", "issued_at", "expires_at", "payload"))
_PROVED: Final = {
    "issuer": "VN",
    "kid": "9c1c1fd7a2b84e60",
    "alg": "ES256",
    "issued_at": "2022-05-01T00:00:00Z",
    "expires_at": "2023-05-01T00:00:00Z",
    "payload": {
        "ver": "1.3.0",
        "nam": {"fn": "Nguyễn", "gn": "Thị Mẫu", "fnt": "NGUYEN", "gnt": "THI<MAU"},
        "dob": "1990-02-03",
        "v": [
            {
                "tg": "840539006",
                "vp": "1119349007",
                "mp": "EU/1/20/1528",
                "ma": "ORG-100030215",
                "dn": 2,
                "sd": 2,
                "dt": "2022-04-01",
                "co": "VN",
                "is": "SPECIMEN Ministry of Health",
                "ci": "URN:UVCI:01:VN:7K3M9PX2QRT4VW",
            }
        ],
    },
}
_RULE: Final = {
    "identifier": "VR-VN-0005",
    "result": "failed",
    "description": {
        "en": "The last dose is no older than 12 months.",
        "vi": "Mũi tiêm cuối không quá 12 tháng.",
    },
}


def _refused(reason: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"verdict": "invalid", "reason": reason, "detail": detail, **_UNPROVED, **more}


VERDICTS: Final[dict[str, dict[str, Any]]] = {
    "valid": {"verdict": "valid", "reason": None, "detail": None, **_PROVED, "lists": _LISTS},
    "invalid": _refused("SIG", "the signature is not by the signer that it names", lists=_LISTS),
    "rule": _refused("RULE", "VR-VN-0005: The last dose is no older than 12 months.", **_PROVED)
    | {"rules": [_RULE], "lists": _LISTS},
    "revoked": _refused("REVOKED", "its SIGNATURE hash is on the revocation list", lists=_LISTS),
    "other-code": _refused(
        "CONTEXT", "this is a SMART Health Card (North America)", other_code="smart-health-card", lists=_LISTS
    ),
    "trust": _refused("TRUST", "no list is published here"),
}
BULK: Final[dict[str, Any]] = {
    "answers": [
        {name: value for name, value in VERDICTS[kind].items() if name != "lists"} for kind in ("valid", "invalid")
    ],
    "lists": _LISTS,
}
PROBLEMS: Final = ("request-form", "request-too-large", "too-many-requests", "policy-missing", "rules-country")
TEXT: Final = "HC1:NCFOXN%TS3DH..."


def answered(model: type[Any], values: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route that answers like ``model``, with these examples by name."""
    examples = {name: {"value": value} for name, value in values.items()}
    problems = {code: {"value": describe(code, "en").model_dump(exclude_none=True)} for code in PROBLEMS}
    return {
        200: {"model": model, "content": {"application/json": {"examples": examples}}},
        "default": {
            "description": "A problem",
            "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema(), "examples": problems}},
        },
    }
