"""Mutants of acceptance rules, of lines that machines send, and of travel documents."""

import json
from pathlib import Path
from random import Random
from typing import Any

import certificates.rules
from certificates.certlogic import compile_logic
from certificates.certlogic_operations import OPERATIONS
from certificates.errors import CertLogicError, MrzError, RuleError
from certificates.grounds import Acceptance, Grounds
from certificates.mrz import parse_mrz
from certificates.other_codes import identify
from certificates.rules import RuleSet
from certificates.trust import TrustStore
from tests.fuzz.engine import READ_ONCE, Family
from tests.fuzz.values import Raw, hostile_json, hostile_text, scramble, scramble_text, vary, write_json
from tests.support.codes import AT, code
from tests.support.mrz import zone
from tests.support.rules import checked, negative, recovery, rule, vaccination
from tests.support.softkeys import soft_key
from vaxseal.batch import check_line


def rule_families() -> list[Family]:
    """Expressions, rule files, travel documents, lines of a batch, codes of other systems."""
    return [
        Family("expression", 8, _case, _evaluate, READ_ONCE),
        Family("rule file", 4, _rule_file, _read_rules, READ_ONCE),
        Family("travel document", 4, _zone, _read_zone),
        Family("batch line", 3, _line, _check_line),
        Family("other code", 2, _other_code, _identify),
    ]


def expression(rng: Random, depth: int = 0) -> Any:
    """An expression of CertLogic: mostly of the right form, mostly of the wrong types."""
    if depth > 5 or rng.random() < 0.3:
        return rng.choice(_LEAVES) if rng.random() < 0.9 else _plain(rng)
    name = rng.choice((*OPERATIONS, *OPERATIONS, "or", "", "nope"))
    operation = OPERATIONS.get(name)
    size = (
        rng.randint(operation.least, min(operation.most, 4)) if operation and rng.random() < 0.95 else rng.randrange(6)
    )
    operands = [expression(rng, depth + 1) for _ in range(size)]
    if name == "reduce" and len(operands) == 3:
        operands[0] = rng.choice(({"var": "payload.v"}, {"var": "long"}, operands[0]))
    return {name: operands} if rng.random() < 0.97 else vary(rng, {name: operands}, _plain)


def _plain(rng: Random) -> Any:
    """A hostile value as `json.loads` gives it."""
    value = hostile_json(rng)
    return _nested(rng.choice((3, 100, 400))) if isinstance(value, Raw) else value


def _nested(depth: int) -> Any:
    tree: Any = True
    for _ in range(depth):
        tree = {"!": [tree]}
    return tree


def _case(rng: Random) -> tuple[Any, Any]:
    made = expression(rng)
    if rng.random() < 0.05:
        made = {"and": [made] * rng.choice((2, 2000, 20_000))}
    if rng.random() < 0.03:
        for _ in range(rng.choice((5, 120, 130))):
            made = {"if": [made, made if rng.random() < 0.01 else True, False]}
    return made, rng.choice(_DATA) if rng.random() < 0.9 else _plain(rng)


def _evaluate(case: tuple[Any, Any]) -> bool:
    made, data = case
    try:
        compile_logic(made).evaluate(data)
    except CertLogicError:
        return False
    return True


def _rule_file(rng: Random) -> bytes:
    document = rng.choice(_FILES)
    if rng.random() < 0.2:
        return scramble(rng, json.dumps(document).encode())
    if rng.random() < 0.5:
        return write_json([rule(logic=expression(rng)), *([rule("GR-XX-0002")] if rng.random() < 0.5 else [])])
    for _ in range(rng.choice((1, 1, 3))):
        document = vary(rng, document, hostile_json)
    return write_json(document)


def _read_rules(data: bytes) -> bool:
    """A set that could be read answers for every certificate, whatever its rules say."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False  # `certificates.rule_files` refuses it with these
    try:
        rules = RuleSet.from_json(document)
    except RuleError:
        return False
    for certificate in _CERTIFICATES:
        for country in ("XX", "VN"):
            for result in rules.evaluate(certificate, AT, country=country, policy="border"):
                result.rule.description("vi")
    return True


def _zone(rng: Random) -> str:
    if rng.random() < 0.1:
        return hostile_text(rng)
    return scramble_text(rng, zone(form=rng.choice(("TD1", "TD2", "TD3"))))


def _read_zone(text: str) -> bool:
    try:
        parse_mrz(text, today=AT.date())
    except MrzError:
        return False
    return True


def _line(rng: Random) -> bytes:
    if rng.random() < 0.3:
        return scramble(rng, json.dumps(_LINE).encode())
    return write_json(vary(rng, _LINE, hostile_json))


def _check_line(line: bytes) -> bool:
    json.dumps(check_line(line, _GROUNDS, AT), allow_nan=False)
    return False


def _other_code(rng: Random) -> str:
    text = rng.choice(_OTHER_CODES)
    return scramble_text(rng, text) if rng.random() < 0.8 else text[:20] + hostile_text(rng)[:7000]


def _identify(text: str) -> bool:
    return identify(text) is not None


_KEY = soft_key("ES256")
_TRUST = TrustStore.of([_KEY.certificate_der])
_CERTIFICATES = (vaccination(), negative(), recovery(), checked())
_DATA: tuple[Any, ...] = (
    {
        "payload": vaccination().payload,
        "external": {"validationClock": AT.isoformat(), "valueSets": {"a": ["x", "y"] * 500}, "countryCode": "VN"},
        "long": list(range(3000)),
        "texts": ["x" * 40_000, "x" * 40_000],
    },
    {"payload": recovery().payload, "long": [{"a": [1]}] * 500, "external": {}},
    {},
    [],
    None,
    "x" * 10_000,
)
_LEAVES: tuple[Any, ...] = (
    *({"var": "payload.v.0.dn"}, {"var": "payload.v.0.dt"}, {"var": "payload.dob"}, {"var": "long"}, {"var": "texts"}),
    *({"var": "external.valueSets.a"}, {"var": "external.validationClock"}, {"var": "payload.v.0.ci"}, {"var": ""}),
    *({"var": "accumulator"}, {"var": "current"}, {"var": "texts.0"}, {"var": "texts.1"}, {"var": "a.b.999999999"}),
    *({"plusTime": [{"var": "payload.v.0.dt"}, 0, "day"]}, {"dccDateOfBirth": [{"var": "payload.dob"}]}),
    *({"plusTime": ["9999-12-31", 9007199254740991, "year"]}, {"plusTime": ["2022", -(2**53) + 1, "month"]}),
    *(
        {"extractFromUVCI": [{"var": "texts.0"}, 0]},
        True,
        False,
        0,
        1,
        2,
        -1,
        2**53 - 1,
        "",
        "a",
        "2022-04-01",
        [],
        [[]],
    ),
)
_FILES: tuple[Any, ...] = (
    json.loads((Path(certificates.rules.__file__).parent / "data/vn-rules.json").read_text("utf-8")),
    [rule(), rule("GR-XX-0002", {"===": [{"var": "payload.v.0.dn"}, 2]})],
    {"rules": [rule()], "valueSets": {"a": ["x"]}},
    {"valueSetId": "a", "valueSetValues": {"x": {}}},
)
_GROUNDS = Grounds(trust=_TRUST, acceptance=Acceptance(rules=RuleSet.default(), country="VN", policy="border"))
_LINE = {"id": "1", "text": code(_KEY), "certificates": [], "at": "2022-06-01T00:00:00Z"}
_OTHER_CODES = (
    *("shc:/5676290952432060346029243740", "https://example.org/#shlink:/eyJ1cmwi", "URN:UVCI:01:VN:7K3M", "HC2:6BF"),
    *("001090012345|123456789|Nguyễn", '{"data":{"hdr":{"t":"icao.test"}},"sig":{}}', '{"@context":["https://cowin"]}'),
    *("PK\x03\x04certificate.json", "DC04FR000001", "NZCP:/1/2KCEVIQEIVVWK6JNGEASNICZAEP2KALYDZSGSZB2O5SWEOTOPJRXALTD"),
    *("6BFOXN*TS0BI$ZD-PHQ7I9AD66V5B22CH9M9ESI9XBHXK-%69LQOGI.*V76GCV4*XUA2P-FHT-HNTI4L6N$Q%UG/YL WO*Z7ON15", zone()),
)
