import copy
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.errors import CheckError, CheckReason
from certificates.schema import check_dcc
from tests.support.fixtures import fixtures

Document = dict[str, Any]


def sound(kind: str = "v") -> Document:
    tail = {"co": "VN", "is": "Bộ Y tế", "ci": "URN:UVCI:01:VN:7K3M9PX2QRT4VW"}
    entries: dict[str, Document] = {
        "v": {
            "tg": "840539006",
            "vp": "1119349007",
            "mp": "EU/1/20/1528",
            "ma": "ORG-100030215",
            "dn": 2,
            "sd": 2,
            "dt": "2021-09-14",
        },
        "t": {
            "tg": "840539006",
            "tt": "LP6464-4",
            "nm": "Roche LightCycler",
            "sc": "2021-10-01T08:30:00+07:00",
            "tr": "260415000",
            "tc": "Bệnh viện Bạch Mai",
        },
        "r": {"tg": "840539006", "fr": "2021-09-01", "df": "2021-09-12", "du": "2022-03-01"},
    }
    return {
        "ver": "1.3.3",
        "nam": {"fn": "Đặng", "fnt": "DANG", "gn": "Thùy Trâm", "gnt": "THUY<TRAM"},
        "dob": "1985-03-12",
        kind: [entries[kind] | tail],
    }


def edited(path: str, value: Any, kind: str = "v") -> Document:
    """The sound document with one value changed, added, or (with `...`) removed."""
    document = sound(kind)
    *way, last = path.split(".")
    place: Any = document
    for step in way:
        place = place[step] if step != "0" else place[0]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


def refusal(document: object, *, strict: bool) -> str | None:
    try:
        check_dcc(document, strict=strict)
    except CheckError as error:
        return error.detail if error.reason is CheckReason.SCHEMA else error.code
    return None


@pytest.mark.parametrize("kind", ["v", "t", "r"])
@pytest.mark.parametrize("strict", [True, False])
def test_sound_documents(kind: str, strict: bool) -> None:
    assert check_dcc(sound(kind), strict=strict) == kind


BROKEN: list[tuple[str, Any, str]] = [
    ("ver", ..., "ver"),
    ("ver", 1, "ver"),
    ("ver", "1.3", "ver"),
    ("nam", ..., "nam"),
    ("nam", [], "nam"),
    ("nam", {"fn": "Đặng"}, "nam"),
    ("nam.fnt", "dang", "nam.fnt"),
    ("nam.fnt", "A" * 81, "nam.fnt"),
    ("nam.fnt", "ĐANG", "nam.fnt"),
    ("nam.fn", "x" * 81, "nam.fn"),
    ("nam.gn", 7, "nam.gn"),
    ("dob", ..., "dob"),
    ("dob", None, "dob"),
    ("dob", "1899-01-01", "dob"),
    ("dob", "2100-01-01", "dob"),
    ("dob", "85-03-12", "dob"),
    ("dob", "1985-02-30", "dob"),
    ("dob", "1985-13", "dob"),
    ("v", [], "exactly one"),
    ("v", {}, "v: not a list"),
    ("v", ["x"], "v[0]: not a map"),
    ("v.0.tg", ..., "v[0].tg"),
    ("v.0.vp", None, "v[0].vp"),
    ("v.0.mp", 1528, "v[0].mp"),
    ("v.0.dn", 0, "v[0].dn"),
    ("v.0.dn", True, "v[0].dn"),
    ("v.0.dn", "2", "v[0].dn"),
    ("v.0.sd", 1.5, "v[0].sd"),
    ("v.0.sd", float("nan"), "v[0].sd"),
    ("v.0.sd", float("inf"), "v[0].sd"),
    ("v.0.dt", "2021-02-30", "v[0].dt"),
    ("v.0.dt", "14.09.2021", "v[0].dt"),
    ("v.0.dt", "20210914", "v[0].dt"),
    ("v.0.co", "", "v[0].co"),
    ("v.0.co", "vn", "v[0].co"),
    ("v.0.co", ["VN"], "v[0].co"),
    ("v.0.tg", {}, "v[0].tg"),
    ("v.0.is", "x" * 81, "v[0].is"),
    ("v.0.ci", ..., "v[0].ci"),
]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(("path", "value", "detail"), BROKEN)
def test_broken_for_everybody(path: str, value: Any, detail: str, strict: bool) -> None:
    found = refusal(edited(path, value), strict=strict)
    assert found is not None
    assert detail in found or (path == "v" and found.startswith("v:"))


ALIVE: list[tuple[str, Any]] = [
    ("ver", " 1.3.0 "),
    ("nam.fnt", "DANG "),
    ("nam.gnt", "THUY-TRAM"),
    ("nam.gnt", ""),
    ("nam.gnt", "<TRAM<"),
    ("nam.gnt", None),
    ("nam.gn", None),
    ("nam.gn", ""),
    ("nam.fn", "Đặng".encode().decode() + "\u0301"),
    ("nam.fn", "tab\there"),
    ("dob", "1985-00-00"),
    ("dob", "1985-03-00"),
    ("dob", " 1985"),
    ("dob", date(1985, 3, 12)),
    ("v.0.dn", 2.0),
    ("v.0.dn", 3),
    ("v.0.dt", "2021-09-14T00:00:00Z"),
    ("v.0.dt", datetime(2021, 9, 14, tzinfo=UTC)),
    ("v.0.tg", "840539007"),
    ("v.0.vp", "J07BX03"),
    ("v.0.ma", "ORG-99999999"),
    ("v.0.co", "XY"),
    ("v.0.co", "VNM"),
    ("v.0.is", ""),
    ("v.0.lot", "FF2752"),
    ("v.0.ci", "urn:uvci:01:vn:7k3m9px2qrt4vw"),
    ("v.0.ci", "URN:UVCI:01:VN:7K3M9PX2QRT4VW#K"),
    ("v.0.ci", "01VN7K3M9PX2QRT4VW"),
    ("v.0.ci", ""),
    ("v", [*sound()["v"], *sound()["v"]]),
    ("t", []),
    ("t", None),
    ("hint", 7),
]


@pytest.mark.parametrize(("path", "value"), ALIVE)
def test_alive_elsewhere_but_never_ours(path: str, value: Any) -> None:
    document = edited(path, value)
    assert refusal(document, strict=False) is None
    assert refusal(document, strict=True) is not None


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        ("t.0.sc", "2021-10-01", "t"),
        ("t.0.sc", "2021-10-01 08:30:00Z", "t"),
        ("t.0.sc", "2021-10-01T25:30:00Z", "t"),
        ("t.0.ma", None, "t"),
        ("t.0.nm", "x" * 81, "t"),  # no limit before version 1.3.0
        ("r.0.du", "2022-03-01T00:00:00Z", "r"),
    ],
)
def test_times_and_nulls_that_only_readers_take(path: str, value: Any, kind: str) -> None:
    assert refusal(edited(path, value, kind), strict=False) is None
    assert refusal(edited(path, value, kind), strict=True) is not None


@pytest.mark.parametrize("value", ["", "1985", "1985-03", "2000-02-29"])
def test_birth_dates_of_our_own(value: str) -> None:
    assert refusal(edited("dob", value), strict=True) is None


def test_codes_that_do_not_belong_together() -> None:
    assert "vp, mp and ma" in str(refusal(edited("v.0.ma", "ORG-100001699"), strict=True))
    assert "vp, mp and ma" in str(refusal(edited("v.0.vp", "28531000087107"), strict=True))


def test_more_doses_than_the_series() -> None:
    document = sound()
    document["v"][0] |= {"dn": 2, "sd": 1}
    assert refusal(document, strict=True) is None
    document["v"][0] |= {"dn": 3, "sd": 2}
    assert "v[0].dn" in str(refusal(document, strict=True))


def test_two_kinds_at_once() -> None:
    document = sound() | {"r": sound("r")["r"]}
    for strict in (True, False):
        assert "exactly one" in str(refusal(document, strict=strict))
    assert "exactly one" in str(refusal({k: v for k, v in sound().items() if k != "v"}, strict=False))


def test_an_unwelcome_kind() -> None:
    with pytest.raises(CheckError, match="another kind"):
        check_dcc(sound("t"), strict=False, kinds=("v",))


@pytest.mark.parametrize("thing", [None, 7, "x", [], b"", object()])
def test_no_document_at_all(thing: object) -> None:
    assert refusal(thing, strict=False) == refusal(thing, strict=True) == "the document is not a map"


class TaggedText(str):
    """What a decoder may make of text under a CBOR tag."""

    __slots__ = ()


def test_what_decoders_make() -> None:
    frozen = edited("v.0.dt", TaggedText("2021-09-14"))
    frozen["v"] = (MappingProxyType(frozen["v"][0]),)
    assert check_dcc(MappingProxyType(frozen), strict=False) == "v"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("vtr") | st.text(max_size=3), inner),
    max_leaves=12,
)


@given(JSON, st.booleans())
def test_nothing_but_a_check_error(thing: Any, strict: bool) -> None:
    refusal(thing, strict=strict)


@given(st.data(), JSON, st.booleans(), st.sampled_from("vtr"))
def test_no_value_breaks_the_check(data: st.DataObject, value: Any, strict: bool, kind: str) -> None:
    document = copy.deepcopy(sound(kind))
    part = data.draw(st.sampled_from([document, document["nam"], document[kind][0]]))
    part[data.draw(st.sampled_from(sorted(part)))] = value
    detail = refusal(document, strict=strict)
    if detail is None and not strict:
        refusal(document, strict=True)


def _published(folder: Path, pattern: str) -> list[Document]:
    return [json.loads(file.read_text("utf-8")) for file in sorted((folder / "schema-tests").glob(pattern))]


def test_the_schemas_own_tests() -> None:
    folder = fixtures("tests of the published schema")
    valid = [*_published(folder, "valid/*.json"), *_published(folder, "examples-valid/*.json")]
    invalid = _published(folder, "invalid/*.json")
    assert (len(valid), len(invalid)) >= (39, 6)
    assert [document for document in valid if refusal(document, strict=False)] == []
    assert [document for document in invalid if not refusal(document, strict=False)] == []


def _agrees(expect: Callable[[Document], bool], rows: list[Document], field: str) -> list[str]:
    return [row["id"] for row in rows if (refusal(row[field], strict=False) is None) is not expect(row)]


def test_live_certificates() -> None:
    file = fixtures("live certificates") / "eu-dcc-qa/codes.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    # One row writes null for an optional field: readers take it, the schema does not.
    assert set(_agrees(lambda row: row["schema_133"] == "ok", rows, "decoded")) <= {"QA-IE-1.3.0-specialcases-TEST_IE"}


def test_published_verdicts() -> None:
    file = fixtures("published verdicts") / "eu-dgc-testdata/cases.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    judged = [row for row in rows if row["json"] and row["reason"] in (None, "SCHEMA") and not row.get("known_error")]
    assert len(judged) > 100
    assert _agrees(lambda row: row["reason"] is None, judged, "json") == []
