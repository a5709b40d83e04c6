"""Whether a document is a DCC: strict for what we issue, tolerant for what others issued (eu-dcc-schema 1.3.3).

Written by hand: a document takes a few microseconds, and each refusal says where. Strict adds what the JSON schema
cannot say: the calendar, NFC, no control characters, no unknown fields, the active vp-mp-ma triples, country codes.
Tolerant takes what lives in real wallets: null for an absent field, whole floats, blanks around text, blanks and dashes
in fnt and gnt, several entries, dates decoded from CBOR tags, unknown fields and codes.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal, NoReturn

from certificates.countries import COUNTRIES
from certificates.errors import CheckError, CheckReason
from certificates.valuesets import DISEASE_COVID_19, TRIPLES

Kind = Literal["v", "t", "r"]
KINDS: Final[tuple[Kind, ...]] = ("v", "t", "r")
TEXT_LIMIT: Final = 80
_KEPT: Final = 4096  # texts that were looked at: codes, days and names come again and again

_Test = Callable[[object], bool]
_Fields = tuple[tuple[str, bool, _Test], ...]  # name, required, test

_VERSION: Final = re.compile(r"\d+\.\d+\.\d+", re.ASCII)
_VERSION_LOOSE: Final = re.compile(r"\d+.\d+.\d+", re.ASCII)  # as the published schema has it, dot unescaped
_VERSION_LIMIT: Final = 32  # characters: on a long text that pattern takes the cube of its length
_BIRTH: Final = re.compile(r"(?:19|20)(\d\d)(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_ICAO: Final = re.compile(r"[A-Z<]*", re.ASCII)
_ICAO_LOOSE: Final = re.compile(r"[A-Z< -]*", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_IDENTIFIER: Final = re.compile(r"URN:UVCI:01:[A-Z]{2}:[A-Z0-9/:]+", re.ASCII)
_COUNTRY_LOOSE: Final = re.compile(r"[A-Z]{1,10}", re.ASCII)


def check_dcc(data: object, *, strict: bool, kinds: tuple[Kind, ...] = KINDS) -> Kind:
    """Check ``data``, a decoded DCC, and say which kind of entry it has.

    Args:
        strict: as an issuer must write it; else as a reader may find it.
        kinds: the kinds that are welcome.

    Raises CheckError SCHEMA; its detail names the place, never the value.
    """
    if not isinstance(data, dict | Mapping):
        _refuse("the document is not a map")
    top, names, entries = (_STRICT, _NAME_STRICT, _ENTRY_STRICT) if strict else (_LOOSE, _NAME_LOOSE, _ENTRY_LOOSE)
    _check_fields(data, top, "", strict)
    _check_fields(data["nam"], names, "nam.", strict)
    if data["nam"].get("fnt") is None and data["nam"].get("gnt") is None:
        _refuse("nam: neither fnt nor gnt")
    kind = _find_kind(data, strict)
    if kind not in kinds:
        _refuse(f"{kind}: another kind was expected")
    for index, entry in enumerate(data[kind]):
        _check_fields(entry, entries[kind], f"{kind}[{index}].", strict)
    if strict:
        _check_whole(data, kind)
    return kind


def _refuse(detail: str) -> NoReturn:
    raise CheckError(CheckReason.SCHEMA, detail)


def _find_kind(data: Mapping[str, object], strict: bool) -> Kind:
    present: list[Kind] = []
    for kind in KINDS:
        entries = data.get(kind)
        if entries is None and not (strict and kind in data):
            continue
        if not isinstance(entries, list | tuple):
            _refuse(f"{kind}: not a list")
        if entries or strict:
            present.append(kind)
        if strict and len(entries) != 1:
            _refuse(f"{kind}: exactly one entry is allowed")
    if len(present) != 1:
        _refuse("exactly one of v, t and r must hold entries")
    return present[0]


def _check_fields(data: object, fields: _Fields, where: str, strict: bool) -> None:
    if not isinstance(data, dict | Mapping):
        _refuse(f"{where.rstrip('.')}: not a map")
    get, known = data.get, 0
    for name, required, test in fields:
        value = get(name)
        if value is None:
            if required or (strict and name in data):
                _refuse(f"{where}{name}: missing")
        elif test(value):
            known += 1
        else:
            _refuse(f"{where}{name}: wrong form")
    if strict and known != len(data):
        _refuse(f"{where or 'document'}: a field that the schema does not know")


def _check_whole(data: Mapping[str, Any], kind: Kind) -> None:
    """What concerns several fields of a document that we issue."""
    if kind != "v":
        return
    entry = data["v"][0]
    if (entry["vp"], entry["mp"], entry["ma"]) not in TRIPLES:
        _refuse("v[0]: vp, mp and ma do not belong together, or are deprecated")
    if entry["dn"] > entry["sd"] != 1:
        _refuse("v[0].dn: more doses than the series has, which only a one-dose series may")


def _text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_LIMIT


def _any_text(value: object) -> bool:
    return isinstance(value, str)


def _strict_text(value: object) -> bool:
    """1 to 80 characters in NFC, printable, with no blank around."""
    return type(value) is str and 1 <= len(value) <= TEXT_LIMIT and _is_tidy(value)


@lru_cache(maxsize=_KEPT)
def _is_tidy(value: str) -> bool:
    return (
        value == value.strip() and (value.isascii() or unicodedata.is_normalized("NFC", value)) and value.isprintable()
    )


def _loose_icao(value: object) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_LIMIT and _ICAO_LOOSE.fullmatch(value.strip()) is not None


def _strict_icao(value: object) -> bool:
    return (
        type(value) is str
        and 1 <= len(value) <= TEXT_LIMIT
        and _ICAO.fullmatch(value) is not None
        and value[0] != "<" != value[-1]
    )


def _loose_birth(value: object) -> bool:
    """Empty, or a pattern of the schema that is in the calendar; month and day may be 00 for "not known"."""
    if not isinstance(value, str):
        return isinstance(value, date)
    text = value.strip()
    return text == "" or ((match := _BIRTH.fullmatch(text)) is not None and _in_calendar(text, match, unknown="00"))


def _strict_birth(value: object) -> bool:
    return type(value) is str and len(value) <= TEXT_LIMIT and _is_birth(value)


@lru_cache(maxsize=_KEPT)
def _is_birth(value: str) -> bool:
    match = _BIRTH.fullmatch(value)
    return value == "" or (match is not None and _in_calendar(value, match, unknown=None))


def _in_calendar(text: str, match: re.Match[str], *, unknown: str | None) -> bool:
    _, month, day = match.groups()
    try:
        date(
            int(text[:4]),
            1 if month is None or month == unknown else int(month),
            1 if day is None or day == unknown else int(day),
        )
    except ValueError:
        return False
    return True


def _loose_day(value: object) -> bool:
    """A day, also with a time behind it, as some issuers write."""
    if isinstance(value, str):
        return _is_day(value.strip()[:10])
    return isinstance(value, date)


def _strict_day(value: object) -> bool:
    return type(value) is str and len(value) <= TEXT_LIMIT and _is_day(value)


@lru_cache(maxsize=_KEPT)
def _is_day(text: str) -> bool:
    if _DAY.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _strict_moment(value: object) -> bool:
    if type(value) is not str or _MOMENT.fullmatch(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _loose_count(value: object) -> bool:
    return (type(value) is int or (type(value) is float and value.is_integer())) and value >= 1


def _strict_count(value: object) -> bool:
    return type(value) is int and 1 <= value <= 99


def _map(value: object) -> bool:
    return isinstance(value, Mapping)


def _anything(value: object) -> bool:
    return value is not None


def _loose_version(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(text := value.strip()) <= _VERSION_LIMIT
        and _VERSION_LOOSE.fullmatch(text) is not None
    )


def _strict_identifier(value: object) -> bool:
    """Version 1, a country, and A-Z 0-9 / : behind; no check character (Annex 2 of the guidelines on certificates)."""
    return type(value) is str and len(value) <= TEXT_LIMIT and _IDENTIFIER.fullmatch(value) is not None


def _strict_version(value: object) -> bool:
    return type(value) is str and _VERSION.fullmatch(value) is not None


def _loose_country(value: object) -> bool:
    return isinstance(value, str) and _COUNTRY_LOOSE.search(value) is not None


def _strict_country(value: object) -> bool:
    return isinstance(value, str) and value in COUNTRIES


def _disease(value: object) -> bool:
    return value == DISEASE_COVID_19


def _entry_fields(
    *,
    day: _Test,
    moment: _Test,
    count: _Test,
    text: _Test,
    code: _Test,
    country: _Test,
    disease: _Test,
    identifier: _Test,
) -> dict[Kind, _Fields]:
    tail: _Fields = (("co", True, country), ("is", True, text), ("ci", True, identifier))
    return {
        "v": (
            ("tg", True, disease),
            ("vp", True, code),
            ("mp", True, code),
            ("ma", True, code),
            ("dn", True, count),
            ("sd", True, count),
            ("dt", True, day),
            *tail,
        ),
        "t": (
            ("tg", True, disease),
            ("tt", True, code),
            ("nm", False, code),  # of any length before version 1.3.0
            ("ma", False, code),
            ("sc", True, moment),
            ("tr", True, code),
            ("tc", False, text),
            *tail,
        ),
        "r": (("tg", True, disease), ("fr", True, day), ("df", True, day), ("du", True, day), *tail),
    }


_KIND_FIELDS: Final[_Fields] = tuple((kind, False, _anything) for kind in KINDS)
_LOOSE: Final[_Fields] = (("ver", True, _loose_version), ("nam", True, _map), ("dob", True, _loose_birth))
_STRICT: Final[_Fields] = (
    ("ver", True, _strict_version),
    ("nam", True, _map),
    ("dob", True, _strict_birth),
    *_KIND_FIELDS,
)
_NAME_LOOSE: Final[_Fields] = (
    ("fn", False, _text),
    ("fnt", False, _loose_icao),
    ("gn", False, _text),
    ("gnt", False, _loose_icao),
)
_NAME_STRICT: Final[_Fields] = (
    ("fn", False, _strict_text),
    ("fnt", False, _strict_icao),
    ("gn", False, _strict_text),
    ("gnt", False, _strict_icao),
)
_ENTRY_LOOSE: Final = _entry_fields(
    day=_loose_day,
    moment=_loose_day,
    count=_loose_count,
    text=_text,
    code=_any_text,
    country=_loose_country,
    disease=_any_text,
    identifier=_text,
)
_ENTRY_STRICT: Final = _entry_fields(
    day=_strict_day,
    moment=_strict_moment,
    count=_strict_count,
    text=_strict_text,
    code=_strict_text,
    country=_strict_country,
    disease=_disease,
    identifier=_strict_identifier,
)
