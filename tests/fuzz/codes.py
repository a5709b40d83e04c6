"""Mutants of health codes: of the public sets and of our own, ES256 and PS256, unsigned and signed anew."""

import base64
import datetime as dt
import functools
import io
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certificates.base45 import ALPHABET, b45decode, b45encode
from certificates.checking import CheckedCertificate, check_text
from certificates.cose import CoseSign1, decode_cose_sign1
from certificates.errors import CheckError
from certificates.hc1 import decode_hc1
from certificates.mrz import parse_mrz
from certificates.mrz_comparison import compare
from certificates.revocation.building import build_index
from certificates.rules import RuleSet
from certificates.schema import check_dcc
from certificates.trust import TrustStore
from certificates.verdicts import answer
from tests.fuzz.engine import FalseAcceptError, Family
from tests.fuzz.values import Pairs, Raw, encode, head, hostile_cbor, scramble, scramble_text, vary
from tests.support.codes import AT, EXP, IAT, claims, code, cose_bytes, dcc, hc1
from tests.support.mrz import zone
from tests.support.revocation import KID, UCI, Mirror, hashes, issue
from tests.support.softkeys import SoftKey, soft_key

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SEC 2, 2.4.2)
Meaning = tuple[bytes, bytes, bytes]


@dataclass(frozen=True)
class Seed:
    """A code that mutants are made of, whom to trust for it and when it is checked."""

    text: str
    trust: TrustStore
    at: dt.datetime
    cose: bytes
    parts: CoseSign1


@dataclass(frozen=True)
class Mutant:
    """A text to check. ``signed``: a trusted key signed this very content, so it may be accepted, and must then be
    fit for all that follows a verdict. ``sound``: it is the original in other clothes, and must be accepted."""

    text: str
    trust: TrustStore = field(repr=False)
    at: dt.datetime
    signed: bool = False
    sound: bool = False


@functools.cache
def own_seeds() -> list[Seed]:
    """A vaccination, a test and a recovery by keys of both kinds."""
    tail = {"tg": "840539006", "co": "VN", "is": "Bộ Y tế", "ci": "URN:UVCI:01:VN:7K3M9PX2QRT4VW"}
    test = {
        **tail,
        "tt": "LP6464-4",
        "nm": "PCR",
        "sc": "2022-05-30T08:30:00+07:00",
        "tr": "260415000",
        "tc": "Bạch Mai",
    }
    recovery = {**tail, "fr": "2022-02-01", "df": "2022-02-12", "du": "2022-08-01"}
    documents = [dcc(), _of_kind("t", test), _of_kind("r", recovery)]
    keys = soft_key("ES256"), soft_key("PS256")
    return [_seed(code(key, dcc=document), _TRUST, AT) for key in keys for document in documents]


def public_seeds() -> list[Seed]:
    """The codes of the public sets; none where VAXSEAL_FIXTURES names no folder."""
    folder = os.environ.get("VAXSEAL_FIXTURES")
    if not folder:
        return []
    seeds = []
    for row in _rows(Path(folder) / "eu-dgc-testdata/cases.jsonl"):
        moment = dt.datetime.fromisoformat(row["clock_used"])
        at = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        seeds.append((row["prefix"], row["certificate"], at))
    for row in _rows(Path(folder) / "eu-dcc-qa/codes.jsonl"):
        at = dt.datetime.fromtimestamp(row["iat"], dt.UTC)
        seeds.append((row["text"], row.get("certificate"), at))
    found = []
    for text, certificate, at in seeds:
        trust = TrustStore.of([base64.b64decode(certificate)] if certificate else [])
        try:
            found.append(_seed(text, trust, at))
        except CheckError:
            continue  # the sets have codes that cannot be taken apart
    return found


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _of_kind(kind: str, entry: dict[str, Any]) -> dict[str, Any]:
    document = dcc()
    del document["v"]
    return {**document, kind: [entry]}


def _seed(text: str, trust: TrustStore, at: dt.datetime) -> Seed:
    cose = decode_hc1(text)
    return Seed(text=text, trust=trust, at=at, cose=cose, parts=decode_cose_sign1(cose))


# --- what an answer must be ---


class Judge:
    """Knows what the originals mean, and takes an accepted mutant through all that follows a verdict."""

    def __init__(self, seeds: list[Seed]) -> None:
        self._valid: set[Meaning] = set()
        for seed in seeds:
            try:
                self._valid.add(meaning(check_text(seed.text, seed.trust, seed.at).cose))
            except CheckError:
                continue

    def run(self, mutant: Mutant) -> bool:
        try:
            checked = check_text(mutant.text, mutant.trust, mutant.at)
        except CheckError as refusal:
            if mutant.sound:
                raise FalseAcceptError(f"a sound code was refused: {refusal}") from refusal
            json.dumps(answer(refusal), allow_nan=False)
            return False
        if not mutant.signed and meaning(checked.cose) not in self._valid:
            raise FalseAcceptError("nobody signed this")
        self._follow(checked, mutant.at)
        return True

    def _follow(self, checked: CheckedCertificate, at: dt.datetime) -> None:
        if not checked.issued_at <= at <= checked.expires_at:
            raise FalseAcceptError("it is not in force")
        try:
            check_dcc(checked.payload, strict=False)  # also what the check passed by its quick way
        except CheckError as refusal:
            raise FalseAcceptError(f"it is no health certificate: {refusal}") from refusal
        json.dumps(answer(checked), allow_nan=False)
        compare(_ZONE, checked.payload)
        try:
            _RULES.check(checked, at, country="VN", policy="border")
            _INDEX.check(checked)
        except CheckError as refusal:
            json.dumps(answer(refusal), allow_nan=False)


def meaning(cose: CoseSign1) -> Meaning:
    """What a code says: payload, protected header and signature, the two forms of an ECDSA signature taken as one."""
    signature = cose.signature
    if len(signature) == 64:
        s = int.from_bytes(signature[32:])
        signature = signature[:32] + min(s, ORDER - s).to_bytes(32)
    return cose.payload, cose.protected, signature


# --- how mutants are made ---


def code_families(seeds: list[Seed]) -> list[Family]:
    """All kinds of mutants of these codes; those signed anew are of our own, whatever the seeds are."""
    judge = Judge(seeds)

    def of(name: str, weight: int, change: Callable[[Random, Seed], Mutant]) -> Family:
        return Family(name, weight, lambda rng: change(rng, rng.choice(seeds)), judge.run)

    def of_cose(name: str, weight: int, change: Callable[[Random, Seed], bytes]) -> Family:
        return of(name, weight, lambda rng, seed: Mutant(hc1(change(rng, seed)), seed.trust, seed.at))

    def signed(name: str, weight: int, make: Callable[[Random, SoftKey], bytes]) -> Family:
        def change(rng: Random, _: Seed) -> Mutant:
            key = soft_key("PS256" if rng.random() < 0.02 else "ES256")  # RSA signs twenty times slower
            return Mutant(hc1(make(rng, key)), _TRUST, AT, signed=True)

        return of(name, weight, change)

    own = own_seeds()
    other_clothes = [seed for seed in own if seed.trust is _TRUST]
    return [
        of("text", 14, lambda rng, seed: Mutant(_text(rng, seed.text), seed.trust, seed.at)),
        of("zlib", 8, lambda rng, seed: Mutant(_packed(rng, seed.cose), seed.trust, seed.at)),
        of_cose("cose bytes", 16, lambda rng, seed: scramble(rng, seed.cose)),
        of_cose("cose structure", 12, _structure),
        of_cose("protected header", 8, _protected),
        of_cose("payload", 8, _payload),
        of_cose("signature", 8, lambda rng, seed: _with_signature(rng, seed.parts, rng.choice(seeds).parts)),
        signed("signed claims", 14, lambda rng, key: cose_bytes(key, encode(_claims(rng)))),
        signed("signed bytes", 6, lambda rng, key: cose_bytes(key, scramble(rng, cbor2.dumps(claims())))),
        signed("signed headers", 6, _headers),
        Family("in other clothes", 3, lambda rng: _dressed(rng, rng.choice(other_clothes)), judge.run),
    ]


def _text(rng: Random, text: str) -> str:
    match rng.randrange(8):
        case 0:
            return rng.choice(("", "hc1:", "HC1", "HC1::", "HC2:", "HL1:", " HC1:", "\ufeffHC1:", "shc:/")) + text[4:]
        case 1:
            return "HC1:" + "".join(rng.choices(ALPHABET.decode(), k=rng.choice((0, 1, 2, 50, 4292, 4293))))
        case 2:
            return text + rng.choice(("\n", "\r\n", " ", "\x00", ":", "0", text, "0" * 5000))
        case 3:
            return text[:4] + b45encode(scramble(rng, b45decode(text[4:])))
        case 4:
            place = 4 + 3 * rng.randrange((len(text) - 4) // 3)
            return text[:place] + rng.choice((":::", "GGW", "GGX", "000", "::0")) + text[place + 3 :]
        case _:
            return scramble_text(rng, text)


def _packed(rng: Random, cose: bytes) -> str:
    packed = zlib.compress(cose, 9)
    match rng.randrange(7):
        case 0:
            made = packed + rng.choice((b"\x00", packed, rng.randbytes(9)))
        case 1:
            made = packed[: rng.randrange(len(packed))]
        case 2:
            made = rng.choice((zlib.compress(packed), cose, packed[2:-4], b"\x1f\x8b" + packed, packed[:-4] + bytes(4)))
        case 3:
            made = _BOMBS[rng.randrange(len(_BOMBS))]
        case 4:
            made = zlib.compress(cose + rng.choice((b"\x00", b"\xf6")) * rng.choice((1, 65_000, 65_536 - len(cose))))
        case _:
            made = scramble(rng, packed)
    return "HC1:" + b45encode(made)


def _structure(rng: Random, seed: Seed) -> bytes:
    """Parts moved, doubled, of other types, wrapped; headers that say something else outside the signature."""
    parts = seed.parts
    rows: list[Any] = [parts.protected, {}, parts.payload, parts.signature]
    place = rng.randrange(4)
    tag = rng.choice((b"\xd2", b"", b"\xd8\x3d\xd2"))
    match rng.randrange(11):
        case 0:
            rng.shuffle(rows)
        case 1:
            del rows[place]
        case 2:
            rows.insert(place, rng.choice((b"", None, {}, rows[place])))
        case 3:
            rows[place] = hostile_cbor(rng)
        case 4:
            rows[1] = {4: rng.choice((bytes(8), _kid(seed), b"", 4)), 1: rng.choice((-7, -37, -257, "ES256", None))}
        case 5:
            rows[1] = vary(rng, {4: bytes(8), 1: -7, 33: b"", "x": [1, {2: 3}]}, hostile_cbor)
        case 6:
            rows[place] = Raw(head(2, len(seed.cose)) + seed.cose)  # the whole once more inside
        case 7:
            return (
                bytes([rng.choice((0xD1, 0xD2, 0xD8, 0xD9, 0xC1, 0x81, 0x98, 0x9F))]) * rng.randrange(1, 4) + seed.cose
            )
        case 8:
            raw = rows[place] if isinstance(rows[place], bytes) else b""
            rows[place] = Raw(b"\x5f" + head(2, len(raw)) + raw + b"\xff")  # of indefinite length
        case 9:
            rows[1] = Raw(rng.choice((b"\xa2\x04\x40\x04\x40", b"\xa1\x02\x81\x04", b"\xbf\xff", b"\xa1\x01")))
        case _:
            rows = [hostile_cbor(rng) for _ in range(4)]
    return tag + encode(rows)


def _kid(seed: Seed) -> bytes:
    return next((signer.kid for signer in seed.trust), bytes(8))


def _protected(rng: Random, seed: Seed) -> bytes:
    parts = seed.parts
    header = cbor2.loads(parts.protected) if parts.protected else {}
    match rng.randrange(4):
        case 0:
            changed = scramble(rng, parts.protected)
        case 1:
            changed = encode(Pairs([*header.items(), rng.choice(((1, -7), (4, _kid(seed)), (2, [1]), (99, 0)))]))
        case 2:
            changed = encode(dict(reversed(header.items()))) + rng.choice((b"", b"\x00"))
        case _:
            changed = encode(vary(rng, dict(header), hostile_cbor))
    return b"\xd2" + encode([changed, {}, parts.payload, parts.signature])


def _payload(rng: Random, seed: Seed) -> bytes:
    parts = seed.parts
    if rng.random() < 0.5:
        changed = scramble(rng, parts.payload)
    else:
        changed = parts.payload + rng.choice((b"\x00", b"\xf6", parts.payload))
    return b"\xd2" + encode([parts.protected, {4: _kid(seed)}, changed, parts.signature])


def _with_signature(rng: Random, parts: CoseSign1, other: CoseSign1) -> bytes:
    signature = parts.signature
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    size = len(signature)
    match rng.randrange(10):
        case 0 if size == 64:
            changed = signature[:32] + ((ORDER - s) % ORDER).to_bytes(32)
        case 1 if size == 64:
            changed = rng.choice(((r + ORDER) % 2**256, 0, ORDER, 1)).to_bytes(32) + signature[32:]
        case 2 if size == 64:
            changed = signature[:32] + rng.choice((0, 1, ORDER, ORDER + 1, 2**256 - 1)).to_bytes(32)
        case 3 if size == 64:
            changed = encode_dss_signature(r, s)
        case 4:
            changed = rng.choice((b"", bytes(size), b"\xff" * size, bytes(20_000)))
        case 5:
            changed = rng.choice((b"\x00" + signature, signature + b"\x00", signature[1:], signature * 2))
        case 6:
            changed = signature[half:] + signature[:half]
        case 7:
            changed = other.signature
        case 8:
            return b"\xd2" + encode([other.protected, {}, parts.payload, signature])
        case _:
            changed = scramble(rng, signature)
    return b"\xd2" + encode([parts.protected, {}, parts.payload, changed])


def _claims(rng: Random) -> Any:
    tree: Any = claims(dcc=cbor2.loads(rng.choice(_OWN).parts.payload)[-260][1])
    for _ in range(rng.choice((1, 1, 2, 3))):
        tree = vary(rng, tree, hostile_cbor)
        if isinstance(tree, dict) and rng.random() < 0.1:
            times = (0, -1, EXP, IAT, 1e300, float("nan"), float("inf"), 2**64 - 1, Raw(b"\xc0\x60"), Raw(b"\xc1\xf6"))
            tree = {**tree, rng.choice((4, 6)): rng.choice(times)}
        if isinstance(tree, dict) and tree and rng.random() < 0.05:
            tree = Pairs([*tree.items(), rng.choice(list(tree.items()))])  # a key twice
    return tree


def _headers(rng: Random, key: SoftKey) -> bytes:
    header: Any = {1: -7 if key.algorithm == "ES256" else -37, 4: key.certificate.kid}
    changed = encode(vary(rng, header, hostile_cbor))
    if rng.random() < 0.2:
        changed = scramble(rng, changed)
    return cose_bytes(key, header=changed, prefix=rng.choice((b"\xd2", b"", b"\xd8\x3d\xd2")))


def _dressed(rng: Random, seed: Seed) -> Mutant:
    """The original, packed, tagged and with unsigned headers otherwise."""
    parts = seed.parts
    unsigned = rng.choice(({}, {4: bytes(8)}, {1: -257}, {33: [b"x"]}, {"x": {"y": None}}))
    cose = encode([parts.protected, unsigned, parts.payload, parts.signature])
    packer = zlib.compressobj(rng.randrange(10), wbits=rng.randrange(9, 16), memLevel=rng.randrange(1, 10))
    packed = packer.compress(rng.choice((b"", b"\xd2", b"\xd8\x3d\xd2")) + cose) + packer.flush()
    return Mutant("HC1:" + b45encode(packed), seed.trust, seed.at, sound=True)


def _bombs() -> list[bytes]:
    """Streams of a few kilobytes that unpack to more than a megabyte."""
    made = [zlib.compress(piece * (1_200_000 // len(piece)), 9) for piece in (b"\x00", b"\xd2", b"\x81", b"\xa1\x00")]
    stored = io.BytesIO()
    stored.write(b"\x78\x01")
    for _ in range(200):
        stored.write(b"\x00\x00\x00\xff\xff")  # stored blocks that hold nothing
    return [*made, stored.getvalue(), zlib.compress(made[0])]


_TRUST = TrustStore.of([soft_key("ES256").certificate_der, soft_key("PS256").certificate_der])
_OWN = own_seeds()
_BOMBS = _bombs()
_RULES = RuleSet.default()
_ZONE = parse_mrz(zone(), today=AT.date())
_PUBLISHED = issue(None, {(KID, UCI): hashes(range(50)), (b"VN", UCI): hashes(range(50))})
_INDEX = build_index(_PUBLISHED.revocation_list, Mirror(_PUBLISHED).read(_PUBLISHED.revocation_list))
