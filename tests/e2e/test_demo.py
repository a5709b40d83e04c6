"""The main job by its one command, in both modes, on a smaller province."""

import json
from pathlib import Path
from typing import Any

from cryptography import x509

from certificates.hc1 import decode_hc1
from certificates.qr import read_qr
from tests.support.demo import PEOPLE, play
from vaxseal.demo.dirt import KINDS

# The same province in both modes: whoever signs, the same people must get a passport.


def test_every_class_of_record_ends_where_it_should(played: tuple[Path, dict[str, Any]]) -> None:
    _, summary = played
    assert {code: kind["became"] for code, kind in summary["kinds"].items() if not kind["as_meant"]} == {}
    assert set(summary["kinds"]) == {kind.code for kind in KINDS}
    meant = sum(summary["kinds"][kind.code]["people"] for kind in KINDS if kind.becomes == "issued")
    assert summary["passports"] == meant >= PEOPLE // 2


def test_every_run_in_either_mode_gives_the_same_counts(played: tuple[Path, dict[str, Any]]) -> None:
    _, summary = played
    assert {state: sum(reasons.values()) for state, reasons in summary["records"].items()} == {
        "deceased": 1,
        "incomplete": 9,
        "issued": 71,
        "malformed_id": 3,
        "merged": 1,
        "mismatched": 7,
        "unverifiable": 3,
    }


def test_nothing_is_lost(played: tuple[Path, dict[str, Any]]) -> None:
    _, summary = played
    people = sum(sum(kind["became"].values()) for kind in summary["kinds"].values())
    refused = sum(kind["people"] for kind in summary["kinds"].values() if "refused" in next(iter(kind["became"])))
    assert people == PEOPLE
    assert sum(sum(reasons.values()) for reasons in summary["records"].values()) == PEOPLE - refused
    assert summary["refused_files"] == {"ea-nam-cut-short.xlsx": "file-truncated"}


def test_every_passport_is_there_and_valid(played: tuple[Path, dict[str, Any]]) -> None:
    out, summary = played
    names = {path.stem for path in (out / "certificates").glob("*.pdf")}
    assert {path.stem for path in (out / "passports").glob("*.png")} == names
    assert {path.stem for path in (out / "passports").glob("*.txt")} == names
    assert len(names) == summary["passports"]
    assert summary["checked_valid"] == dict.fromkeys(("pictures", "texts", "pdfs"), len(names))
    assert all(name.startswith("URN-UVCI-01-VN-") for name in names)


def test_picture_and_text_hold_the_same_code(played: tuple[Path, dict[str, Any]]) -> None:
    out, _ = played
    for picture in sorted((out / "passports").glob("*.png"))[:10]:
        assert read_qr(picture.read_bytes()) == picture.with_suffix(".txt").read_text("ascii").strip()


def test_every_certificate_says_specimen(played: tuple[Path, dict[str, Any]]) -> None:
    out, _ = played
    certificates = [x509.load_pem_x509_certificate(path.read_bytes()) for path in (out / "trust").glob("*.pem")]
    assert len(certificates) >= 2
    for certificate in certificates:
        assert "SPECIMEN" in certificate.subject.rfc4514_string()


def test_station_mode_gives_both_algorithms(played: tuple[Path, dict[str, Any]]) -> None:
    out, summary = played
    # The protected header {1: alg, 4: kid}: alg -7 is 0x26 (ES256), -37 is 0x38 0x24 (PS256).
    heads = {decode_hc1(path.read_text("ascii").strip())[:8] for path in (out / "passports").glob("*.txt")}
    algorithms = {"PS256" if b"\x01\x38\x24" in head else "ES256" for head in heads}
    assert algorithms == ({"ES256", "PS256"} if summary["mode"] == "station" else {"ES256"})


def test_the_summary_is_on_disk_with_its_measurements(played: tuple[Path, dict[str, Any]]) -> None:
    out, summary = played
    assert json.loads((out / "summary.json").read_text("utf-8")) == summary
    assert summary["certificates_per_second"].keys() == {"all", "centre", "agent"}
    assert summary["seconds"]["total"] > 0
    assert "serve" in summary["peak_memory_mb"]


def test_no_pin_and_no_claim_code_can_be_read_by_others(played: tuple[Path, dict[str, Any]]) -> None:
    out, _ = played
    assert (out / "work").stat().st_mode & 0o077 == 0


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    done = play(tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == "out-not-empty"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
