"""One acceptance rule, in the form of the EU gateway's business rules (dgc-gateway, validation rule schema 1.0)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NoReturn

from certificates.certlogic import SPECIFICATION, Logic, compile_logic
from certificates.cwt import parse_rfc3339
from certificates.errors import CertLogicError, RuleError

Version = tuple[int, ...]

_ENGINE: Final = "CERTLOGIC"
_VERSION: Final = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}", re.ASCII)
_IDENTIFIER: Final = re.compile(r"[A-Z0-9][A-Za-z0-9-]{1,79}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_MAX_TEXT: Final = 4000  # characters of a description


class RuleType(StrEnum):
    """Who makes the rule: the country that checks, or the one that issued."""

    ACCEPTANCE = "Acceptance"
    INVALIDATION = "Invalidation"


class CertificateType(StrEnum):
    """Which certificates a rule is for. General: all of them."""

    GENERAL = "General"
    VACCINATION = "Vaccination"
    TEST = "Test"
    RECOVERY = "Recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that holds for a country, or a region of it, for some time.

    ``policies`` is our addition to the form: the occasions that it is for ("border", "venue"); none: every occasion.
    ``logic`` is None where the engine, or its version, is not ours; such a rule stays open. ``descriptions`` goes by
    language, in lower case.
    """

    identifier: str
    type: RuleType
    country: str
    region: str | None
    version: Version
    schema_version: Version
    certificate_type: CertificateType
    valid_from: datetime
    valid_to: datetime
    affected_fields: tuple[str, ...]
    policies: tuple[str, ...]
    descriptions: Mapping[str, str]
    logic: Logic | None

    @classmethod
    def from_dict(cls, data: object) -> "Rule":
        """Read a rule from its JSON. Fields that are not known are left alone.

        Raises RuleError ``rule-form``, with the rule and the field.
        """
        if not isinstance(data, dict):
            _refuse("?", "not an object")
        fields = _Fields(data)
        identifier = fields.matching("Identifier", _IDENTIFIER)
        fields.name = identifier
        return cls(
            identifier=identifier,
            type=RuleType(fields.one_of("Type", RuleType)),
            country=fields.matching("Country", _COUNTRY),
            region=fields.optional("Region") or None,
            version=parse_version(fields.matching("Version", _VERSION)),
            schema_version=parse_version(fields.matching("SchemaVersion", _VERSION)),
            certificate_type=CertificateType(fields.one_of("CertificateType", CertificateType)),
            valid_from=fields.time("ValidFrom"),
            valid_to=fields.time("ValidTo"),
            affected_fields=fields.texts("AffectedFields"),
            policies=fields.texts("Policies"),
            descriptions=fields.descriptions(),
            logic=fields.logic(),
        )

    def description(self, language: str) -> str:
        """What the rule asks, in ``language`` ("vi"); else in English; else in whatever there is."""
        for wanted in (language.lower(), "en"):
            if wanted in self.descriptions:
                return self.descriptions[wanted]
        return next(iter(self.descriptions.values()))


@lru_cache(maxsize=256)
def parse_version(text: str) -> Version:
    """The numbers of "1.3.0", for comparison."""
    return tuple(int(number) for number in re.findall(r"\d+", text[:40], re.ASCII))


def _refuse(name: str, detail: str) -> NoReturn:
    raise RuleError("rule-form", f"{name}: {detail}")


class _Fields:
    """The fields of one rule; every reader refuses what has another form."""

    def __init__(self, data: dict[Any, Any]) -> None:
        self._data = data
        self.name = "?"

    def matching(self, field: str, form: re.Pattern[str]) -> str:
        value = self._data.get(field)
        if type(value) is not str or form.fullmatch(value) is None:
            _refuse(self.name, f"{field} is missing or has another form")
        return value

    def optional(self, field: str) -> str:
        value = self._data.get(field)
        if value is not None and type(value) is not str:
            _refuse(self.name, f"{field} is not a text")
        return (value or "").strip()

    def one_of(self, field: str, allowed: type[StrEnum]) -> str:
        value = self._data.get(field)
        if type(value) is not str or value not in tuple(allowed):
            _refuse(self.name, f"{field} is none of {', '.join(allowed)}")
        return value

    def time(self, field: str) -> datetime:
        try:
            return parse_rfc3339(self.matching(field, re.compile(r".{10,40}")))
        except ValueError as error:
            raise RuleError("rule-form", f"{self.name}: {field} is not an RFC 3339 time") from error

    def texts(self, field: str) -> tuple[str, ...]:
        value = self._data.get(field)
        if value is None:
            return ()
        if type(value) is not list or not all(type(item) is str for item in value):
            _refuse(self.name, f"{field} is not a list of texts")
        return tuple(value)

    def descriptions(self) -> dict[str, str]:
        entries = self._data.get("Description")
        found: dict[str, str] = {}
        for entry in entries if type(entries) is list else ():
            language, text = (entry.get("lang"), entry.get("desc")) if type(entry) is dict else (None, None)
            if type(language) is not str or _LANGUAGE.fullmatch(language) is None:
                _refuse(self.name, "Description: an entry without a language")
            if type(text) is not str or not 0 < len(text) <= _MAX_TEXT:
                _refuse(self.name, "Description: an entry without a text")
            found[language.lower()] = text
        if not found:
            _refuse(self.name, "Description is missing")
        return found

    def logic(self) -> Logic | None:
        engine = parse_version(self.matching("EngineVersion", _VERSION))
        if self._data.get("Engine") != _ENGINE or engine[:2] > SPECIFICATION[:2]:
            return None
        try:
            return compile_logic(self._data.get("Logic"))
        except CertLogicError as error:
            raise RuleError("rule-logic", f"{self.name}: {error.detail}") from error
