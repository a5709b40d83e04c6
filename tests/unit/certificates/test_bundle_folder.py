import datetime as dt
import os
import sys
from pathlib import Path

import pytest

from certificates.bundle import Role
from certificates.bundle_folder import MANIFEST, folder_reader, install, part_path, read_manifest, write_file
from certificates.bundle_signing import Changes
from certificates.checking import check_text
from certificates.errors import CertificateError, CheckError
from certificates.revocation.hashes import HashType, uci_hash
from certificates.trust_entries import TrustEntry
from tests.support.bundles import bundle_of, opened
from tests.support.codes import AT, code
from tests.support.revocation import hashes
from tests.support.softkeys import make_key
from tests.support.trust_lists import DSC, ENTRY, ROOTS, WEEK, make_root

DAY = dt.timedelta(days=1)
KID = DSC.certificate.kid


def refused(folder: Path, at: dt.datetime = AT, seen: int = 0) -> str:
    with pytest.raises(CertificateError) as refusal:
        opened(folder, at=at, seen=seen)
    return refusal.value.code


def revoking(*numbers: int) -> Changes:
    return Changes(added={(KID, HashType.UCI): hashes(numbers)}, entries_expire_at=AT + 365 * DAY)


def test_what_a_checker_has(tmp_path: Path) -> None:
    bundle_of(tmp_path)
    found = opened(tmp_path, at=AT + DAY)
    assert (found.version, found.age(AT + DAY), found.entries) == (1, DAY, (ENTRY,))
    assert check_text(code(), found.trust, AT, found.revocation).signer.kid == KID
    assert found.rules is None
    assert len(found.revocation) == 0


def test_the_bundle_says_how_old_everything_is(tmp_path: Path) -> None:
    bundle_of(tmp_path)
    bundle_of(tmp_path, changes=Changes(), at=AT + 6 * DAY, lasting=30 * DAY)
    assert opened(tmp_path, at=AT + 12 * DAY, seen=2).version == 2  # the trust list's own end has passed
    assert refused(tmp_path, AT + 14 * DAY) == "list-age"
    assert refused(tmp_path, AT + 5 * DAY) == "list-future"
    assert refused(tmp_path, AT + 7 * DAY, seen=3) == "list-rollback"


def test_an_end(tmp_path: Path) -> None:
    bundle_of(tmp_path, lasting=DAY)
    assert refused(tmp_path, AT + 2 * DAY) == "list-expired"


def test_nothing_there(tmp_path: Path) -> None:
    assert refused(tmp_path) == "list-missing"
    assert refused(tmp_path / "elsewhere") == "list-missing"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes with names")
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    bundle_of(tmp_path)
    part = tmp_path / part_path(read_manifest(tmp_path, ROOTS).parts[Role.TRUST_LIST])
    part.unlink()
    os.mkfifo(part)
    assert refused(tmp_path) == "list-missing"
    (tmp_path / MANIFEST).unlink()
    (tmp_path / MANIFEST).symlink_to(part)
    assert refused(tmp_path) == "list-missing"


@pytest.mark.parametrize("role", [Role.TRUST_LIST, Role.REVOCATION_LIST])
def test_a_part_is_the_one_that_was_named(tmp_path: Path, role: Role) -> None:
    bundle_of(tmp_path)
    part = tmp_path / part_path(read_manifest(tmp_path, ROOTS).parts[role])
    whole = part.read_bytes()
    part.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert refused(tmp_path) == "list-differs"
    part.unlink()
    assert refused(tmp_path) == "list-missing"


def test_a_stranger_signs_no_bundle(tmp_path: Path) -> None:
    bundle_of(tmp_path)
    with pytest.raises(CertificateError, match="list-chain"):
        read_manifest(tmp_path, [make_root().certificate_der])


class Server:
    """A folder that counts what is fetched from it."""

    def __init__(self, folder: Path) -> None:
        self._get = folder_reader(folder)
        self.manifest = self._get(MANIFEST, 100_000)
        self.fetched: dict[str, int] = {}

    def get(self, name: str, largest: int) -> bytes:
        data = self._get(name, largest)
        self.fetched[name] = len(data)
        return data

    def install(self, folder: Path, *, at: dt.datetime = AT, seen: int = 0) -> int:
        return install(self.manifest, self.get, folder, ROOTS, at=at, seen=seen).version


def test_a_day_later_little_is_fetched(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    bundle_of(there, *(ENTRY, *map(entry_of, range(30))))
    bundle_of(there, changes=revoking(*range(5000)))
    first = Server(there)
    assert first.install(here) == 2
    bundle_of(there, changes=revoking(*range(5000, 5050)), at=AT + DAY)
    second = Server(there)
    assert second.install(here, at=AT + DAY, seen=2) == 3
    assert len(second.fetched) == 2  # the revocation list and its new chunk
    assert sum(second.fetched.values()) + len(second.manifest) < 0.06 * sum(first.fetched.values())
    assert len(opened(here, at=AT + DAY).revocation) == 5050
    bundle_of(there, changes=Changes(), at=AT + 2 * DAY)
    third = Server(there)
    assert third.install(here, at=AT + 2 * DAY) == 4
    assert third.fetched == {}


def entry_of(number: int) -> TrustEntry:
    return TrustEntry.of(make_key("ES256", common_name=f"SPECIMEN {number}").certificate_der)


def test_until_all_is_there_the_version_before_stays(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    bundle_of(there)
    Server(there).install(here)
    bundle_of(there, changes=revoking(1), at=AT + DAY)
    server = Server(there)
    manifest = read_manifest(there, ROOTS)
    broken = there / part_path(manifest.parts[Role.REVOCATION_LIST])
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-1])
    with pytest.raises(CertificateError, match="list-differs"):
        server.install(here, at=AT + DAY)
    assert opened(here, at=AT + DAY).version == 1
    broken.write_bytes(whole)
    assert server.install(here, at=AT + DAY) == 2
    with pytest.raises(CertificateError, match="list-rollback"):
        Server(there).install(here, at=AT + DAY, seen=3)


def test_a_damaged_part_is_brought_again(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    bundle_of(there)
    Server(there).install(here)
    part = here / part_path(read_manifest(here, ROOTS).parts[Role.TRUST_LIST])
    part.write_bytes(b"damaged")
    assert refused(here) == "list-differs"
    Server(there).install(here)
    assert opened(here).version == 1


def test_the_look_up_is_built_once_for_a_list(tmp_path: Path) -> None:
    folder, cache = tmp_path / "bundle", tmp_path / "cache"
    cache.mkdir()
    bundle_of(folder)
    bundle_of(folder, changes=revoking(1, 2, 3))
    assert len(opened(folder, cache=cache).revocation) == 3
    [index] = cache.iterdir()
    written = index.stat().st_mtime_ns
    assert len(opened(folder, cache=cache).revocation) == 3
    assert index.stat().st_mtime_ns == written
    index.write_bytes(b"broken")
    assert len(opened(folder, cache=cache).revocation) == 3


def test_look_ups_of_former_lists_go_after_a_day(tmp_path: Path) -> None:
    folder, cache = tmp_path / "bundle", tmp_path / "cache"
    cache.mkdir()
    bundle_of(folder)

    def entries(number: int) -> int:
        bundle_of(folder, changes=revoking(number), at=AT + number * DAY)
        return len(opened(folder, at=AT + number * DAY, cache=cache).revocation)

    (cache / "revocation-x.index.killed.new").touch()
    (cache / "seen-versions.json").touch()
    assert (entries(1), entries(2), len(list(cache.iterdir()))) == (1, 2, 4)
    for file in cache.iterdir():
        os.utime(file, (0, 0))
    assert (entries(3), len(list(cache.iterdir()))) == (3, 2)
    assert (cache / "seen-versions.json").exists()


def test_a_revoked_certificate(tmp_path: Path) -> None:
    checked = check_text(code(), bundle_of(tmp_path).trust, AT)
    ci = checked.payload["v"][0]["ci"]
    bundle_of(tmp_path, changes=Changes(added={(KID, HashType.UCI): [uci_hash(ci)]}, entries_expire_at=AT + WEEK))
    found = opened(tmp_path)
    with pytest.raises(CheckError, match="REVOKED"):
        check_text(code(), found.trust, AT, found.revocation)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CertificateError, match="bundle-unwritable"):
        write_file(tmp_path / "file" / "below", b"")
