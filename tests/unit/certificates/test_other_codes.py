import io
import json
import zipfile

import cbor2
import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st

from certificates.checking import check_text
from certificates.errors import CheckError, CheckReason
from certificates.hc1 import decode_hc1
from certificates.other_codes import WORDS, NotHealthCertificate, OtherCode, identify, identify_claim
from certificates.qr import read_qr
from certificates.trust import TrustStore
from tests.support.codes import AT, claims, code, cose_bytes, hc1
from tests.support.mrz import zone
from tests.support.softkeys import soft_key

VDS_NC = {"data": {"hdr": {"is": "UTO", "t": "icao.vacc", "v": 1}, "msg": {"pid": {"n": "X"}}}, "sig": {"alg": "ES256"}}
DIVOC = {"@context": ["https://www.w3.org/2018/credentials/v1", "https://cowin.gov.in/credentials/vaccination/v1"]}


def divoc_archive() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("certificate.json", json.dumps(DIVOC))
    return archive.getvalue()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (code().lower(), OtherCode.HC1_ALTERED),
        (" " + code(), OtherCode.HC1_ALTERED),
        ("\ufeff" + code(), OtherCode.HC1_ALTERED),
        (code()[4:], OtherCode.HC1_ALTERED),
        ("HL0:" + code()[4:], OtherCode.HC1_TEST),
        ("HL1:" + code()[4:], OtherCode.HC1_TEST),
        ("HC2:" + code()[4:], OtherCode.HC1_VERSION),
        ("NL2:" + code()[4:], OtherCode.NATIONAL_PASS),
        ("DK3:" + code()[4:], OtherCode.NATIONAL_PASS),
        ("LT1:" + code()[4:], OtherCode.NATIONAL_PASS),
        ("IT1:" + code()[4:], OtherCode.NATIONAL_PASS),
        ("NZCP:/1/2KCEVIQEIVVWK6JN", OtherCode.NATIONAL_PASS),
        ("shc:/56762909524320603460292437404460", OtherCode.SMART_HEALTH_CARD),
        ("shc:/1/2/5676290952432060", OtherCode.SMART_HEALTH_CARD),
        (json.dumps({"verifiableCredential": ["eyJ6aXAiOiJERUYi"]}), OtherCode.SMART_HEALTH_CARD),
        ("shlink:/eyJ1cmwiOiJodHRwczov", OtherCode.HEALTH_LINK),
        ("https://viewer.example/#shlink:/eyJ1cmwiOiJodHRwczov", OtherCode.HEALTH_LINK),
        ("vhlink:/eyJ1cmwiOiJodHRwczov", OtherCode.HEALTH_LINK),
        (json.dumps(VDS_NC), OtherCode.VDS_NC),
        (json.dumps(VDS_NC, indent=1), OtherCode.VDS_NC),
        (json.dumps(DIVOC), OtherCode.DIVOC),
        (divoc_archive().decode("latin-1"), OtherCode.DIVOC),
        (json.dumps({"@context": "https://www.w3.org/2018/credentials/v1"}), OtherCode.VERIFIABLE_CREDENTIAL),
        ("DC04FR0AXT4A0E840E8A", OtherCode.TWO_D_DOC),
        ("URN:UVCI:01:VN:7K3M9PX2QRT4VW#K", OtherCode.CERTIFICATE_CODE),
        ("urn:uvci:01:VN:7K3M9PX2QRT4VW", OtherCode.CERTIFICATE_CODE),
        ("001090012345|012345678|Nguyễn Thị Mẫu|03021990|Nữ|Hà Nội|01012021", OtherCode.CITIZEN_CARD),
        ("001090012345||Nguyễn Thị Mẫu|03021990|Nữ|Hà Nội|01012021", OtherCode.CITIZEN_CARD),
        (zone(form="TD1"), OtherCode.TRAVEL_DOCUMENT),
        (zone(form="TD2"), OtherCode.TRAVEL_DOCUMENT),
        (zone(form="TD3"), OtherCode.TRAVEL_DOCUMENT),
        ("https://hochieu.example/x", OtherCode.ADDRESS),
        ("HTTP://X", OtherCode.ADDRESS),
    ],
)
def test_what_it_is(text: str, kind: OtherCode) -> None:
    assert identify(text) is kind
    with pytest.raises(NotHealthCertificate) as refused:
        decode_hc1(text)
    assert (refused.value.reason, refused.value.kind) == (CheckReason.CONTEXT, kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HC1",
        "hello",
        "x.png",
        "0010900123456",
        "001090012345",
        "٠٠١٠٩٠٠١٢٣٤٥|1|",
        "A" * 88,
        "{",
        "[]",
        "{}",
        '{"data": []}',
        '{"data": {"hdr": "icao.vacc"}}',
        '{"a":' * 800,
        '{"a":' + "9" * 4280,
        "PK\x03\x04 another.json",
        "NCF too short",
    ],
)
def test_what_nobody_can_name(text: str) -> None:
    assert identify(text) is None
    with pytest.raises(CheckError) as refused:
        decode_hc1(text)
    assert refused.value.detail == "the text does not start with HC1:"


def test_an_hc1_text_is_no_other_code() -> None:
    assert identify(code()) is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (divoc_archive(), OtherCode.DIVOC),
        ("001090012345|012345678|Nguyễn Thị Mẫu|03021990|Nữ|Hà Nội|01012021".encode(), OtherCode.CITIZEN_CARD),
        (json.dumps(VDS_NC).encode(), OtherCode.VDS_NC),
    ],
)
def test_read_from_a_picture(content: bytes, kind: OtherCode) -> None:
    """Bytes that are no text come from the reader with their control characters spelt out."""
    symbol = qrcode.QRCode()
    symbol.add_data(content)
    picture = io.BytesIO()
    symbol.make_image().save(picture)
    assert identify(read_qr(picture.getvalue())) is kind


@pytest.mark.parametrize(
    ("hcert", "kind"),
    [
        ({-6: [{"name": "X"}]}, OtherCode.ICVP),
        ({3: [{}]}, OtherCode.WHO_DDCC),
        ({4: [{}]}, OtherCode.WHO_DDCC),
        ({5: ["shlink:/x"]}, OtherCode.HEALTH_LINK),
    ],
)
def test_an_hc1_text_of_the_who(hcert: dict[int, object], kind: OtherCode) -> None:
    """ICVP and DDCC have the same envelope: what is inside is told once the signature is right."""
    key = soft_key("ES256")
    text = hc1(cose_bytes(key, cbor2.dumps(claims(hcert=hcert))))
    with pytest.raises(NotHealthCertificate) as refused:
        check_text(text, TrustStore.of([key.certificate_der]), AT)
    assert (refused.value.reason, refused.value.kind) == (CheckReason.CWT, kind)


@pytest.mark.parametrize("hcert", [None, {}, [], "x", {2: {}}, {"3": {}}])
def test_a_claim_that_nobody_can_name(hcert: object) -> None:
    assert identify_claim(hcert) is None


def test_every_kind_has_its_words_and_its_name() -> None:
    assert set(WORDS) == set(OtherCode)
    assert all(english and vietnamese for english, vietnamese in WORDS.values())
    assert len({kind.value for kind in OtherCode}) == len(OtherCode)


def test_nothing_of_the_code_is_repeated() -> None:
    for text, secret in (
        ("001090012345||Nguyễn Thị Mẫu|03021990|Nữ|Hà Nội|01012021", ("001090012345", "Nguyễn", "1990")),
        ("URN:UVCI:01:VN:7K3M9PX2QRT4VW", ("7K3M9PX2QRT4VW",)),
        (zone(), ("NGUYEN", "C1234567", "900203")),
        ("https://hochieu.example/x?token=abc", ("hochieu", "abc")),
    ):
        with pytest.raises(NotHealthCertificate) as refused:
            decode_hc1(text)
        assert not any(told in str(refused.value) + repr(refused.value) for told in secret)


_STARTS = ["", "{", '{"data":', '{"@context":', "PK\x03\x04", "https://", "DC04", "HC1:", "shc:/", "001090012345|"]


@given(st.sampled_from(_STARTS), st.text(max_size=300))
def test_any_text_has_a_name_or_none(start: str, rest: str) -> None:
    assert identify(start + rest) in {*OtherCode, None}


_KEYS = ["data", "hdr", "t", "@context"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "hdr", "t", "@context"]), inner)
    ),
    max_leaves=9,
)


@given(_JSON)
def test_any_json_has_a_name_or_none(document: object) -> None:
    assert identify(json.dumps(document)) in {*OtherCode, None}
