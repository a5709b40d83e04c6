from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.mrz import parse_mrz
from certificates.mrz_comparison import (
    BIRTH_SENTENCES,
    NAME_SENTENCES,
    OUTCOME_SENTENCES,
    BirthFinding,
    MrzComparison,
    NameFinding,
    Outcome,
    compare,
)
from certificates.records.names import transliterate
from tests.support.fixtures import read_json
from tests.support.mrz import NAME_SIZE, zone

TODAY = date(2022, 6, 1)


def compared(document: str, dob: str = "1990-02-03", **names: Any) -> MrzComparison:
    return compare(parse_mrz(document, TODAY), {"nam": names, "dob": dob})


def name_of(document: str, **names: Any) -> NameFinding:
    return compared(document, **names).name


@pytest.mark.parametrize("form", ["TD1", "TD2", "TD3"])
def test_the_same_person(form: str) -> None:
    found = compared(zone(form=form), fn="Nguyễn", gn="Thị Mẫu", fnt="NGUYEN", gnt="THI<MAU")
    assert (found.name, found.birth, found.outcome) == (NameFinding.SAME, BirthFinding.SAME, Outcome.MATCH)


@pytest.mark.parametrize(
    ("document", "names", "finding"),
    [
        # as other states write fnt and gnt
        (("ACHTERNAAM", "JAN<PIET"), {"fnt": "ACHTERNAAM", "gnt": "JAN PIET"}, NameFinding.SAME),
        (("LEARY", "ANN<MARIE"), {"fnt": "LEARY", "gnt": "ANN-MARIE", "fn": None, "gn": None}, NameFinding.SAME),
        (("SUHARTO", ""), {"fnt": "SUHARTO"}, NameFinding.SAME),
        (("SUHARTO", ""), {"fnt": "SUHARTO", "gnt": ""}, NameFinding.SAME),
        (("NGUYEN", "THI<MAU"), {"fn": "Nguyễn", "gn": "Thị Mẫu"}, NameFinding.SAME),
        # another spelling of the same letters
        (("MULLER", "JORG"), {"fn": "Müller", "gn": "Jörg", "fnt": "MUELLER", "gnt": "JOERG"}, NameFinding.SPELLING),
        (("MUXXLLER", "JOERG"), {"fn": "Müller", "gn": "Jörg", "fnt": "MUELLER", "gnt": "JOERG"}, NameFinding.SPELLING),
        (("MUELLER", "JOERG"), {"fn": "Müller", "gn": "Jörg", "fnt": "MULLER", "gnt": "JORG"}, NameFinding.SPELLING),
        (("NUNXXEZ", "ANA"), {"fn": "Nuñez", "gn": "Ana", "fnt": "NUNEZ", "gnt": "ANA"}, NameFinding.SPELLING),
        (("ASE", "OSTEN"), {"fn": "Åse", "gn": "Østen", "fnt": "AASE", "gnt": "OESTEN"}, NameFinding.SPELLING),
        (("MULLER", "ANA"), {"fn": "Mu\u0308ller", "gn": "Ana", "fnt": "MUELLER", "gnt": "ANA"}, NameFinding.SPELLING),
        # the order, and how the name is divided
        (("THI<MAU", "NGUYEN"), {"fnt": "NGUYEN", "gnt": "THI<MAU"}, NameFinding.ORDER),
        (("NGUYEN", "MAU<THI"), {"fnt": "NGUYEN", "gnt": "THI<MAU"}, NameFinding.ORDER),
        (("NGUYEN<THI<MAU", ""), {"fnt": "NGUYEN", "gnt": "THI<MAU"}, NameFinding.ORDER),
        (("HYEO", "ROCHAM"), {"fnt": "ROCHAM", "gnt": "HYEO"}, NameFinding.ORDER),
        (("O<LEARY", "ANN"), {"fnt": "OLEARY", "gnt": "ANN"}, NameFinding.SPACING),
        (("NGUYEN", "THIMAU"), {"fnt": "NGUYEN", "gnt": "THI<MAU"}, NameFinding.SPACING),
        # second names that one side lacks
        (("ERIKSSON", "ANNA<MARIA"), {"fnt": "ERIKSSON", "gnt": "ANNA"}, NameFinding.MISSING),
        (("ERIKSSON", "ANNA"), {"fnt": "ERIKSSON", "gnt": "ANNA<MARIA"}, NameFinding.MISSING),
        (("GARCIA", "ANA"), {"fnt": "GARCIA<LOPEZ", "gnt": "ANA"}, NameFinding.MISSING),
        # other people
        (("NGUYEN", "THI<MAU"), {"fnt": "NGUYEN", "gnt": "THI<HOA"}, NameFinding.DIFFERENT),
        (("NGUYEN", "VAN<AN"), {"fnt": "NGUYEN", "gnt": "VAN<AM"}, NameFinding.DIFFERENT),
        (
            ("NGUYEN", "MINH<TUE"),
            {"fn": "Nguyễn", "gn": "Minh Tú", "fnt": "NGUYEN", "gnt": "MINH<TU"},
            NameFinding.DIFFERENT,
        ),
        (("NGUYEN", ""), {"fnt": "NGUYEN", "gnt": "VAN<AM"}, NameFinding.DIFFERENT),
        (("NGUYEN", "VAN<AN"), {"fnt": "NGUYEN"}, NameFinding.DIFFERENT),
        (("NGUYEN", "VAN<AN"), {"fnt": "NGUYEN", "gnt": "V<A"}, NameFinding.DIFFERENT),
        (("AN", "AN"), {"fnt": "AN", "gnt": "BINH"}, NameFinding.DIFFERENT),
        (("MINH", "AN"), {"fn": "名", "gn": "前"}, NameFinding.UNREADABLE),
        (("MINH", "AN"), {}, NameFinding.UNREADABLE),
    ],
)
def test_names(document: tuple[str, str], names: dict[str, Any], finding: NameFinding) -> None:
    assert name_of(zone(*document), **names) is finding


LONG_SURNAME, LONG_GIVEN = "NILAVADHANANANDA", "CHAYAPA<DEJTHAMRONG<KRASUANG"  # the example of ICAO 9303-4, 4.2.3


@pytest.mark.parametrize(
    ("surname", "given_names", "form"),
    [
        (LONG_SURNAME, "CHAYAPA<DEJTHAMRONG<K", "TD3"),  # cut at the end
        (LONG_SURNAME, "CHAYAPA<D<KRA", "TD2"),  # a middle name as an initial
        (LONG_SURNAME, "CHAYAPA<KRAS", "TD1"),  # a middle name left out
        ("NILAVADHAN", "CHAYAPA<DEJTHAMRON", "TD1"),  # the family name cut, too
    ],
)
def test_what_was_shortened_to_fit_the_field(surname: str, given_names: str, form: str) -> None:
    found = compared(zone(surname, given_names, form=form), fnt=LONG_SURNAME, gnt=LONG_GIVEN)
    assert (found.name, found.outcome) == (NameFinding.SHORTENED, Outcome.MATCH)


@pytest.mark.parametrize("given_names", ["CHAYAPA<DEJTHAMRONG<X", "CHAYAPA<KRASUANG<DEJT", "DEJTHAMRONG<KRASUANGX"])
def test_a_full_field_with_other_names_is_another_person(given_names: str) -> None:
    assert name_of(zone(LONG_SURNAME, given_names), fnt=LONG_SURNAME, gnt=LONG_GIVEN) is NameFinding.DIFFERENT


def test_a_name_that_had_room_was_not_shortened() -> None:
    assert name_of(zone(LONG_SURNAME, "CHAYAPA<DEJ"), fnt=LONG_SURNAME, gnt=LONG_GIVEN) is NameFinding.DIFFERENT


def test_a_family_name_that_leaves_no_room() -> None:
    long = "PAPANDROPOULOUSOFTHEVERYLONGFAMILYNAMEOFALL"
    assert name_of(zone(long, ""), fnt=long, gnt="ANNA") is NameFinding.SHORTENED
    assert name_of(zone("B" + long, ""), fnt=long, gnt="ANNA") is NameFinding.DIFFERENT


@pytest.mark.parametrize(
    ("birth", "dob", "finding"),
    [
        ("900203", "1990-02-03", BirthFinding.SAME),
        ("90<<<<", "1990", BirthFinding.SAME),
        ("900000", "1990-00-00", BirthFinding.SAME),
        ("900203", "1990", BirthFinding.LESS_PRECISE),
        ("900203", "1990-02", BirthFinding.LESS_PRECISE),
        ("900203", "1990-00-00", BirthFinding.LESS_PRECISE),
        ("900203", " 1990-02-00", BirthFinding.LESS_PRECISE),
        ("90<<<<", "1990-02-03", BirthFinding.LESS_PRECISE),
        ("9002<<", "1990", BirthFinding.LESS_PRECISE),
        ("200203", "1920-02-03", BirthFinding.CENTURY),
        ("20<<<<", "1920-02-03", BirthFinding.CENTURY),
        ("900203", "", BirthFinding.UNKNOWN),
        ("<<<<<<", "1990-02-03", BirthFinding.UNKNOWN),
        ("900203", "1990-03-02", BirthFinding.DIFFERENT),
        ("900203", "1991-02-03", BirthFinding.DIFFERENT),
        ("900203", "1991", BirthFinding.DIFFERENT),
        ("90<<<<", "1991-02-03", BirthFinding.DIFFERENT),
        ("9003<<", "1990-02", BirthFinding.DIFFERENT),
    ],
)
def test_dates_of_birth(birth: str, dob: str, finding: BirthFinding) -> None:
    assert compared(zone(birth=birth), dob, fnt="NGUYEN", gnt="THI<MAU").birth is finding


@pytest.mark.parametrize("name", NameFinding)
@pytest.mark.parametrize("birth", BirthFinding)
def test_the_outcome_is_the_worse_of_the_two(name: NameFinding, birth: BirthFinding) -> None:
    outcome = MrzComparison(name=name, birth=birth).outcome
    if name in ("different", "unreadable") or birth == "different":
        assert outcome is Outcome.NO_MATCH
    elif name in ("same", "spelling", "shortened") and birth == "same":
        assert outcome is Outcome.MATCH
    else:
        assert outcome is Outcome.NEAR


def test_every_finding_has_its_words() -> None:
    for sentences, kinds in (
        (OUTCOME_SENTENCES, Outcome),
        (NAME_SENTENCES, NameFinding),
        (BIRTH_SENTENCES, BirthFinding),
    ):
        assert set(sentences) == set(kinds)
        for english, vietnamese in sentences.values():
            assert english.endswith(".")
            assert vietnamese.endswith(".")


_WORDS = st.text("ABCDEFGH", min_size=1, max_size=12)


@given(_WORDS, st.lists(_WORDS, min_size=1, max_size=6).map("<".join), st.sampled_from(["TD1", "TD2", "TD3"]))
def test_a_name_matches_itself_however_the_field_cut_it(surname: str, given_names: str, form: str) -> None:
    document = zone(surname, given_names, form=form)
    fits = len(f"{surname}<<{given_names}") <= NAME_SIZE[form]
    whole = fits or parse_mrz(document, TODAY).truncated  # else cut between two words, which nothing tells
    outcome = compared(document, fnt=surname, gnt=given_names).outcome
    assert outcome is (Outcome.MATCH if whole else Outcome.NEAR)


_ANY = st.text(max_size=80)


@given(_ANY, _ANY, st.text("ABC< -", max_size=80), st.none() | st.text("AB<", max_size=80))
def test_any_name_of_a_certificate_is_compared(fn: str, gn: str, fnt: str, gnt: str | None) -> None:
    found = compared(zone("A<B", "C"), fn=fn, gn=gn, fnt=fnt, gnt=gnt)
    assert found.outcome in Outcome


def test_names_of_real_certificates_match_a_document_made_of_their_letters() -> None:
    for pair in read_json("icao9303/name_pairs.json"):
        if pair["rule"] == "agree":
            document = zone("X", transliterate(pair["name"]))
            expected = {NameFinding.SAME, NameFinding.SHORTENED}
            assert name_of(document, fnt="X", gn=pair["name"], gnt=pair["std"]) in expected, pair["seen_in"]
            assert name_of(document, fnt="X", gn=pair["name"]) in expected, pair["seen_in"]


def test_names_of_another_encoder_match() -> None:
    for written, standard in read_json("icao9303/digg_mrzencoder_tests.json")["pairs"]:
        for form in ("TD1", "TD2", "TD3"):
            found = name_of(zone("X", standard, form=form), fnt="X", gnt=standard, gn=written)
            assert found in {NameFinding.SAME, NameFinding.SHORTENED}, (written, form)
