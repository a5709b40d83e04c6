import datetime as dt
from pathlib import Path

from certificates.bundle_folder import folder_reader
from certificates.bundle_signing import Changes
from certificates.trust_entries import TrustEntry
from signer.errors import AgentError
from signer.published import check_published
from tests.support.bundles import bundle_of
from tests.support.codes import AT
from tests.support.softkeys import make_key
from tests.support.trust_lists import DSC, ROOTS, make_root

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
OTHER = make_key("ES256")


def refusal(folder: Path, *, at: dt.datetime = AT, seen: int = 0, roots: list[bytes] = ROOTS) -> str | None:
    try:
        check_published(DSC.certificate, folder_reader(folder), roots, at=at, seen=seen)
    except AgentError as error:
        return error.code
    return None


def test_a_certificate_on_the_list(tmp_path: Path) -> None:
    bundle_of(tmp_path)
    assert check_published(DSC.certificate, folder_reader(tmp_path), ROOTS, at=AT, seen=0) == 1
    bundle_of(tmp_path, changes=Changes(), at=AT + DAY)
    assert check_published(DSC.certificate, folder_reader(tmp_path), ROOTS, at=AT + DAY, seen=1) == 2


def test_a_certificate_that_checkers_do_not_know(tmp_path: Path) -> None:
    bundle_of(tmp_path, TrustEntry.of(OTHER.certificate_der))
    assert refusal(tmp_path) == "dsc-unpublished"
    bundle_of(tmp_path, TrustEntry.of(DSC.certificate_der, kinds=frozenset("tr")))
    assert refusal(tmp_path) == "dsc-unpublished"


def test_a_certificate_that_counts_later(tmp_path: Path) -> None:
    bundle_of(tmp_path, TrustEntry.of(DSC.certificate_der, use_from=AT + HOUR))
    assert refusal(tmp_path) == "dsc-too-new"
    assert refusal(tmp_path, at=AT + HOUR) is None


def test_lists_that_say_nothing(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "lists-unusable"
    bundle_of(tmp_path)
    assert refusal(tmp_path, roots=[make_root().certificate_der]) == "lists-unusable"
    assert refusal(tmp_path, seen=2) == "lists-unusable"
    assert refusal(tmp_path, at=AT + 8 * DAY) == "lists-unusable"
    for part in (tmp_path / "parts").iterdir():
        part.write_bytes(b"another")
    assert refusal(tmp_path) == "lists-unusable"
