"""``vaxseal check --mrz``: the traveller's document beside the certificate's verdict, which stays its own."""

import errno
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

from certificates.checking import CheckedCertificate
from certificates.errors import CheckError, MrzError
from certificates.mrz import MachineReadableZone, parse_mrz
from certificates.mrz_comparison import (
    BIRTH_SENTENCES,
    NAME_SENTENCES,
    OUTCOME_SENTENCES,
    MrzComparison,
    Outcome,
    compare,
)
from certificates.rules import RefusedByRules
from vaxseal.console import err, out, stop

STDIN: Final = "-"
_LINES_OF: Final = {30: 3, 36: 2, 44: 2, 72: 1, 88: 1, 90: 1}  # by the characters of the first line
_MAX_LINE: Final = 256
_HEADINGS: Final = {
    Outcome.MATCH: ("MATCH", "KHỚP", "green"),
    Outcome.NEAR: ("NEAR MATCH", "GẦN KHỚP", "yellow"),
    Outcome.NO_MATCH: ("NO MATCH", "KHÔNG KHỚP", "red"),
}
_NOT_COMPARED: Final = (
    "The travel document was not compared: nothing in the certificate is proved.",
    "Chưa đối chiếu giấy tờ đi lại: không có nội dung nào của giấy chứng nhận được xác thực.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelDocument:
    """A zone that was read. Made by `open_document`."""

    zone: MachineReadableZone

    def compare(self, verdict: CheckedCertificate | CheckError) -> MrzComparison | None:
        """None where the certificate's content is not proved: there is nothing to compare with."""
        if isinstance(verdict, RefusedByRules):
            verdict = verdict.certificate
        return None if isinstance(verdict, CheckError) else compare(self.zone, verdict.payload)

    def denies(self, verdict: CheckedCertificate | CheckError) -> bool:
        """Whether the certificate is another person's."""
        found = self.compare(verdict)
        return found is not None and found.outcome is Outcome.NO_MATCH

    def answer(self, verdict: CheckedCertificate | CheckError) -> dict[str, Any]:
        """``{"mrz": ...}``: outcome and findings with their sentences, or null where nothing was compared."""
        found = self.compare(verdict)
        if found is None:
            return {"mrz": None}
        parts = {
            "name": (found.name.value, NAME_SENTENCES[found.name]),
            "date_of_birth": (found.birth.value, BIRTH_SENTENCES[found.birth]),
        }
        said = {part: {"finding": finding, "en": en, "vi": vi} for part, (finding, (en, vi)) in parts.items()}
        english, vietnamese = OUTCOME_SENTENCES[found.outcome]
        return {"mrz": {"outcome": found.outcome.value, "en": english, "vi": vietnamese, **said}}

    def show(self, verdict: CheckedCertificate | CheckError) -> None:
        """The comparison for a person, in both languages."""
        found = self.compare(verdict)
        if found is None:
            for sentence in _NOT_COMPARED:
                out.print(sentence, style="yellow", markup=False)
            return
        english, vietnamese, colour = _HEADINGS[found.outcome]
        sentences = OUTCOME_SENTENCES[found.outcome], NAME_SENTENCES[found.name], BIRTH_SENTENCES[found.birth]
        for heading, language in ((english, 0), (vietnamese, 1)):
            words = " ".join(sentence[language] for sentence in sentences)
            out.print(f"{heading} - {words}", style=colour, markup=False)


def open_document(given: str, at: datetime, *, json: bool) -> TravelDocument:
    """Read the zone that ``--mrz`` gives, or the lines on standard input; end the command where it cannot be read."""
    try:
        text = _read_lines() if given == STDIN else given
    except OSError as error:
        stop("mrz-unreadable", f"The lines of --mrz cannot be read: {error.strerror}.", json=json)
    try:
        return TravelDocument(zone=parse_mrz(text, at.date()))
    except MrzError as error:
        stop(error.code, f"--mrz: {error.detail}.", json=json)


def _read_lines() -> str:
    """As many lines as the first one announces, so that nobody has to end the input after a document reader typed."""
    if sys.stdin is None:  # closed by whoever started the program
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    if sys.stdin.isatty():
        err.print("Read the travel document now. / Hãy đọc giấy tờ đi lại.", markup=False)
    source: BinaryIO = sys.stdin.buffer
    lines: list[str] = []
    wanted = 1
    while len(lines) < wanted and (line := source.readline(_MAX_LINE)):
        text = "".join(line.decode("utf-8", "replace").split())
        if text:
            lines.append(text)
            wanted = _LINES_OF.get(len(lines[0]), 1)
    return "\n".join(lines)
