"""Ten million revoked certificates: looking one up, the memory it takes, and what a checker fetches a day later."""

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench import material
from bench.harness import Result, each, race, sizes
from certificates.checking import check_text
from certificates.cose import sig_structure
from certificates.pki import verify_signature
from certificates.purposes import PASSPORT
from certificates.revocation.building import write_index
from certificates.revocation.hashes import HASH_SIZE, HashType
from certificates.revocation.index import RevocationIndex
from certificates.revocation.lists import CHUNK_ENTRIES, RevocationList
from certificates.revocation.publishing import Publication, publish
from certificates.revocation.reading import read_chunk
from certificates.trust import TrustStore

if TYPE_CHECKING:
    from bench.rows import Bench

ENTRIES = 10_000_000
NEW = 10_000
LOOK_UPS = 1_000_000


def revocation(bench: "Bench") -> Iterator[Result]:
    """Against one ES256 verification; the bare hashes; the whole list."""
    with tempfile.TemporaryDirectory(prefix="vaxseal-bench-") as folder:
        path = Path(folder) / "index"
        published = _fill(bench, path)
        index = RevocationIndex.open(path)
        checked = check_text(bench.passport("EC", 0), TrustStore.of([bench.dsc["EC"].der]), material.NOW)
        entry, cose, signer = checked.payload["v"][0], checked.cose, checked.signer
        message = sig_structure(cose.protected, cose.payload, PASSPORT)

        codes = [f"URN:UVCI:01:VN:{number}" for number in range(50_000)]

        def look_up(number: int) -> None:
            entry["ci"] = codes[number % len(codes)]  # another certificate each time
            index.check(checked)

        yield race(
            "revocation look-up among 10 million",
            each(look_up),
            "one ES256 verification",
            each(lambda _: verify_signature(signer, message, cose.signature)),
            rounds=(3000, 100),
            must=20,
            stretch=50,
        )
        raw = float(len(index) * HASH_SIZE)
        index.close()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            grown = pool.apply(_memory, (path, bench.dsc["EC"].kid))
        yield sizes("memory for 10 million entries", grown, "16 bytes each", raw, must=1 / 1.3, stretch=1 / 0.7)
    delta = _publish(bench, published, NEW)
    new = set(delta.revocation_list.chunks).difference(published.chunks)
    fetched = len(delta.signed) + sum(name.size for name in new)
    whole = len(delta.signed) + sum(name.size for name in delta.revocation_list.chunks)
    yield sizes("fetched for 10,000 new of 10 million", fetched, "the whole list", whole, must=100)


def _publish(bench: "Bench", previous: RevocationList | None, count: int) -> Publication:
    random = os.urandom(count * HASH_SIZE)
    entries = [random[start : start + HASH_SIZE] for start in range(0, len(random), HASH_SIZE)]
    return publish(
        previous,
        bench.list_key,
        added={(bench.dsc["EC"].kid, HashType.UCI): entries},
        removed={},
        issued_at=material.NOW,
        expires_at=material.NOW + timedelta(days=7),
        entries_expire_at=material.NOW + timedelta(days=365),
    )


def _fill(bench: "Bench", path: Path) -> RevocationList:
    """Publish every entry, and read and build as a checker does."""
    roots = [bench.tokens.root]
    published, chunks = None, []
    for start in range(0, ENTRIES, CHUNK_ENTRIES):
        publication = _publish(bench, published, min(CHUNK_ENTRIES, ENTRIES - start))
        published = publication.revocation_list
        chunks.append(read_chunk(publication.chunks[0], published.chunks[-1], roots))
    assert published is not None
    write_index(path, published, chunks)
    return published


def _memory(path: Path, kid: bytes) -> int:
    """Bytes by which a process grows that looks up a million hashes all over the index."""
    before = _resident()
    table = RevocationIndex.open(path).table(kid, HashType.UCI)
    assert table is not None
    assert not any(os.urandom(HASH_SIZE) in table for _ in range(LOOK_UPS))
    return _resident() - before


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
