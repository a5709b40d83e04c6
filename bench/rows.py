"""The rows of the table. Each function races one stage of ours against a limit or a peer."""

import functools
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import base45
import cbor2

from bench import material, peers
from bench.agent import agent_end_to_end
from bench.checking import batch_in_two_processes, text_to_verdict
from bench.citizens import citizen_pages, citizens
from bench.crowd import crowd
from bench.growth import growth
from bench.harness import Result, Run, each, race
from bench.intake import importing_csv, importing_xlsx
from bench.native import Loop, build
from bench.oversight import oversight
from bench.revocation import revocation
from bench.scanner import scanner
from bench.service import verdicts_over_http
from bench.store import leasing_and_acceptance
from bench.tokens import ROWS as TOKEN_ROWS
from certificates import base45 as our_base45
from certificates import purposes
from certificates.checking import check_text
from certificates.cose import protected_header, sig_structure
from certificates.cwt import CwtClaims
from certificates.hc1 import encode_hc1
from certificates.issuance import ToBeSigned, finish, prepare_passport
from certificates.payload import HealthCertificate
from certificates.pdf.document import prepare_document
from certificates.pdf.pades import build_cms, embed_cms
from certificates.pdf.page import render_page
from certificates.pki import SigningCertificate, verify_signature
from certificates.qr import qr_png
from certificates.records.model import VerifiedRecord
from certificates.trust import TrustStore
from hsm.keys import TokenKey, open_key
from hsm.tokens import TokenSelector

Kind = str  # "EC" or "RSA"
_ALGORITHM = {"EC": "ES256", "RSA": "PS256"}


class Bench:
    """Open keys, and the records that every row draws on."""

    def __init__(self, tokens: material.Tokens, records: list[VerifiedRecord]) -> None:
        self.tokens = tokens
        self.records = records
        self.keys = {kind: _open(tokens, kind, tokens.certificates[kind]) for kind in ("EC", "RSA")}
        self.list_key = _open(tokens, "EC", tokens.list_signer)
        self.dsc = {kind: SigningCertificate.from_der(der) for kind, der in tokens.certificates.items()}

    def record(self, number: int) -> VerifiedRecord:
        return self.records[number % len(self.records)]

    def passport(self, kind: Kind, number: int) -> str:
        """Record to HC1 through the token, verified before release."""
        tbs = prepare_passport(self.record(number), material.terms(), self.dsc[kind])
        return encode_hc1(finish(tbs, self.keys[kind].sign(tbs.message)).encode())

    def from_payload(self, kind: Kind, certificate: HealthCertificate) -> str:
        """Payload to HC1 through the token, verified before release."""
        dsc, begin = self.dsc[kind], int(material.NOW.timestamp())
        claims = CwtClaims(issuer="VN", issued_at=begin, expires_at=begin + 31_536_000, certificate=certificate)
        tbs = ToBeSigned(
            purpose=purposes.PASSPORT,
            protected=protected_header(dsc.algorithm, dsc.kid),
            payload=claims.encode(),
            certificate=dsc,
            health_certificate=certificate,
        )
        return encode_hc1(finish(tbs, self.keys[kind].sign(tbs.message)).encode())

    @functools.cache  # noqa: B019 - there is one bench
    def codes(self, count: int) -> list[str]:
        """Passports of the EC token, no two alike."""
        return [self.passport("EC", number) for number in range(count)]

    def document(self, kind: Kind, number: int) -> bytes:
        """Everything: record to HC1, picture and signed PDF."""
        record, terms, key, dsc = self.record(number), material.terms(), self.keys[kind], self.dsc[kind]
        tbs = prepare_passport(record, terms, dsc)
        hc1 = encode_hc1(finish(tbs, key.sign(tbs.message)).encode())
        qr_png(hc1)
        prepared = prepare_document(record, terms, hc1, dsc, signing_time=material.NOW, confirmation=None)
        return embed_cms(prepared, build_cms(prepared, key.sign(prepared.signed_attributes)))


def _open(tokens: material.Tokens, kind: Kind, certificate: bytes) -> TokenKey:
    return open_key(
        tokens.module,
        TokenSelector(label=f"bench-{kind}"),
        lambda: tokens.pin,
        certificate_der=certificate,
    )


def token_signing(bench: Bench) -> Iterator[Result]:
    """ES256 and PS256 through SoftHSM, session and handle reused, against a C loop on the same token."""
    program = build("token_loop")
    for kind, word, must in (("EC", "ecdsa", 0.70), ("RSA", "pss", 0.90)):
        tokens = bench.tokens.copy()
        command = [str(program), str(tokens.module), f"bench-{kind}", word]
        environment = {"SOFTHSM2_CONF": str(tokens.folder / "softhsm2.conf")}
        with Loop(command, tokens.pin + "\n", environment) as loop:
            key, rounds = bench.keys[kind], 400 if kind == "EC" else 60
            yield race(
                f"{_ALGORITHM[kind]} through SoftHSM",
                each(lambda number, key=key: key.sign(b"%400d" % number)),  # type: ignore[misc]
                "C loop, same token",
                loop.run,
                rounds=(rounds, rounds),
                must=must,
                stretch=0.95,
            )


def payload_to_hc1(bench: Bench) -> Iterator[Result]:
    """Payload to HC1, verified before release, against the bare signing rate of the same key."""
    key = bench.keys["EC"]
    payloads = [
        prepare_passport(record, material.terms(), bench.dsc["EC"]).health_certificate for record in bench.records
    ]
    yield race(
        "payload to HC1, ES256, verified",
        each(lambda number: bench.from_payload("EC", payloads[number % len(payloads)])),
        "our token signing alone",
        each(lambda number: key.sign(b"%400d" % number)),
        rounds=(200, 400),
        must=0.38,
        stretch=0.5,
    )


def base45_codec(bench: Bench) -> Iterator[Result]:
    """Base45 both ways on the bytes of real passports."""
    texts = [bench.passport("EC", number)[4:] for number in range(200)]
    packed = [base45.b45decode(text) for text in texts]
    pairs: tuple[tuple[str, Callable[[int], Any], Callable[[int], Any]], ...] = (
        (
            "encode",
            lambda number: our_base45.b45encode(packed[number % 200]),
            lambda number: base45.b45encode(packed[number % 200]),
        ),
        (
            "decode",
            lambda number: our_base45.b45decode(texts[number % 200]),
            lambda number: base45.b45decode(texts[number % 200]),
        ),
    )
    for word, ours, theirs in pairs:
        yield race(f"base45 {word}", each(ours), "PyPI base45", each(theirs), rounds=(1000, 400), must=5)


def qr_picture(bench: Bench) -> Iterator[Result]:
    """Matrix and PNG of the same texts; and against libqrencode's time for the matrix alone."""
    texts = [bench.passport("EC", number) for number in range(100)]
    ours = each(lambda number: qr_png(texts[number % 100]))
    theirs = each(lambda number: peers.qr_png(texts[number % 100]))
    yield race("QR matrix and PNG", ours, "qrcode", theirs, rounds=(40, 4), must=15, stretch=25)
    program = build("qr_loop", "qrencode")
    with Loop([str(program)], "".join(text + "\n" for text in texts) + "\n") as loop:
        yield race(
            "QR matrix and PNG", ours, "libqrencode, matrix alone", loop.run, rounds=(40, 40), must=None, stretch=0.5
        )


def page_and_signature(bench: Bench) -> Iterator[Result]:
    """The page with its PAdES signature against the same page signed by pyHanko in one call."""
    for kind in ("EC", "RSA"):
        key, dsc = bench.keys[kind], bench.dsc[kind]
        signer = peers.TokenSigner(key)
        material_ = []
        for number in range(40):
            record, terms = bench.record(number), material.terms()
            tbs = prepare_passport(record, terms, dsc)
            hc1 = encode_hc1(finish(tbs, key.sign(tbs.message)).encode())
            material_.append((record, terms, tbs.health_certificate, hc1))

        def ours(number: int, items: list[Any] = material_, key: TokenKey = key, dsc: SigningCertificate = dsc) -> None:
            record, terms, _, hc1 = items[number % len(items)]
            prepared = prepare_document(record, terms, hc1, dsc, signing_time=material.NOW, confirmation=None)
            embed_cms(prepared, build_cms(prepared, key.sign(prepared.signed_attributes)))

        def theirs(
            number: int, items: list[Any] = material_, signer: Any = signer, dsc: SigningCertificate = dsc
        ) -> None:
            record, terms, certificate, hc1 = items[number % len(items)]
            page = render_page(
                record,
                terms,
                certificate,
                passport=hc1,
                signer=dsc,
                confirmation=None,
                created_at=material.NOW,
            )
            peers.sign_in_one_call(page, signer)

        yield race(
            f"page + PAdES, {_ALGORITHM[kind]} token",
            each(ours),
            "typst page + pyHanko one call",
            each(theirs),
            rounds=(10, 5),
            must=1.5,
            stretch=4,
            repeats=9,
        )


def whole_certificate(bench: Bench) -> Iterator[Result]:
    """Record to HC1, PNG and signed PDF, against the same from plain card libraries."""
    key, dsc = bench.keys["EC"], bench.dsc["EC"]
    signer = peers.TokenSigner(key)

    def theirs(number: int) -> None:
        record, terms = bench.record(number), material.terms()
        tbs = prepare_passport(record, terms, dsc)
        payload = cbor2.dumps(cbor2.loads(tbs.payload))
        cose = cbor2.CBORTag(18, [tbs.protected, {}, payload, key.sign(tbs.message)])
        text = peers.hc1(cbor2.dumps(cose))
        picture = peers.qr_png(text)
        lines = [f"{name}: {value}" for name, value in _flat(tbs.health_certificate.to_dict())]
        peers.sign_in_one_call(peers.card_page(lines, picture), signer)

    yield race(
        "whole certificate, ES256",
        each(lambda number: bench.document("EC", number)),
        "qrcode, base45, reportlab, pyHanko",
        each(theirs),
        rounds=(10, 3),
        must=5,
        stretch=20,
        repeats=9,
    )


def acceptance_rules(bench: Bench) -> Iterator[Result]:
    """Twenty rules, all of them applied to each certificate, against one verification of its signature."""
    rules, dsc = material.twenty_rules(), bench.dsc["EC"]
    trust = TrustStore.of([bench.tokens.certificates["EC"]])
    checked = [check_text(bench.passport("EC", number), trust, material.NOW) for number in range(200)]
    messages = [sig_structure(found.cose.protected, found.cose.payload, purposes.PASSPORT) for found in checked]
    assert len(rules.evaluate(checked[0], material.NOW, country="VN", policy="border")) == 20
    yield race(
        "twenty acceptance rules",
        each(lambda number: rules.evaluate(checked[number % 200], material.NOW, country="VN", policy="border")),
        "one ES256 verification",
        each(lambda number: verify_signature(dsc, messages[number % 200], checked[number % 200].cose.signature)),
        rounds=(400, 400),
        must=1,
        stretch=1 / 0.3,
    )


def two_processes(bench: Bench) -> Iterator[Result]:
    """Certificates from two signing processes in the time that one needs for half of them."""
    with _workers(bench, 1) as one, _workers(bench, 2) as two:
        yield race("two signing processes", two, "one", one, rounds=(120, 120), must=1.8, repeats=7)


@contextmanager
def _workers(bench: Bench, count: int) -> Iterator[Run]:
    """``count`` processes, each with tokens of its own; the Run shares the rounds out among them."""
    context = multiprocessing.get_context("spawn")
    workers = []
    for _ in range(count):
        ours, theirs = context.Pipe()
        process = context.Process(target=_sign_on_demand, args=(theirs, bench.tokens.copy()), daemon=True)
        process.start()
        workers.append((process, ours))
    for _, pipe in workers:
        pipe.recv()

    def run(rounds: int) -> float:
        start = perf_counter()
        for _, pipe in workers:
            pipe.send(rounds // count)
        for _, pipe in workers:
            pipe.recv()
        return perf_counter() - start

    try:
        yield run
    finally:
        for process, _ in workers:
            process.kill()
            process.join()


def _sign_on_demand(pipe: Any, tokens: material.Tokens) -> None:
    tokens.use()
    bench = Bench(tokens, material.verified_records(200))
    bench.document("EC", 0)
    pipe.send("ready")
    number = 0
    while True:
        for _ in range(pipe.recv()):
            bench.document("EC", number := number + 1)
        pipe.send("done")


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item, path)
    else:
        yield path, value


ROWS: tuple[Callable[[Bench], Iterator[Result]], ...] = (
    token_signing,
    payload_to_hc1,
    base45_codec,
    qr_picture,
    page_and_signature,
    whole_certificate,
    two_processes,
    text_to_verdict,
    batch_in_two_processes,
    verdicts_over_http,
    acceptance_rules,
    revocation,
    agent_end_to_end,
    leasing_and_acceptance,
    growth,
    crowd,
    citizens,
    citizen_pages,
    scanner,
    oversight,
    importing_csv,
    importing_xlsx,
    *TOKEN_ROWS,
)
