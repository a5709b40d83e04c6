"""Closed lists in words for the pages of clerks and police: English, which the catalogue has in Vietnamese."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from api.accounts.reading import Purpose
from api.complaints.kinds import Grave
from api.complaints.missing import PROOFS as OF_DOSES
from api.identity.proofs import ProofKind
from api.states import RecordState, WorkClass
from api.worklists.asides import AsideReason
from api.worklists.attempts import Ground, HandBackReason, Outcome, Way
from api.worklists.mending import CorrectionReason, Finding
from api.worklists.rechecks import ErrorClass
from api.worklists.steps import StepKind
from certificates.records.model import RegisterStatus
from certificates.records.near_misses import Slip


def N_(text: str) -> str:  # noqa: N802 - what the extraction of messages looks for
    return text


WAYS: Final[Mapping[StrEnum, str]] = {
    Way.PHONE: N_("Telephone"),
    Way.SMS: N_("Text message"),
    Way.VISIT: N_("Visit at home"),
    Way.LETTER: N_("Letter"),
    Way.HAMLET: N_("Through the hamlet team"),
}
OUTCOMES: Final[Mapping[StrEnum, str]] = {
    Outcome.NOT_REACHED: N_("Not reached"),
    Outcome.WRONG_CONTACT: N_("The contact is wrong"),
    Outcome.MOVED_AWAY: N_("Moved away"),
    Outcome.WILL_COME: N_("Will come to the station"),
    Outcome.DATA_CONFIRMED: N_("Reached: says that our data are right"),
}
GROUNDS: Final[Mapping[StrEnum, str]] = {
    Ground.NOT_REACHED: N_("The person cannot be reached"),
    Ground.DATA_CONFIRMED: N_("The person says that our data are right"),
}
ASIDE_REASONS: Final[Mapping[StrEnum, str]] = {
    AsideReason.ABROAD: N_("Abroad"),
    AsideReason.ILL: N_("Ill, or not to be asked now"),
    AsideReason.AWAITING_PAPERS: N_("Waits for new papers"),
    AsideReason.AWAITING_OFFICE: N_("Another office has been asked"),
    AsideReason.REFUSES: N_("Does not want to answer"),
    AsideReason.DISASTER: N_("Flood, storm or closed area"),
}
REASONS: Final[Mapping[StrEnum, str]] = {
    CorrectionReason.TYPED_WRONG: N_("Typed wrong"),
    CorrectionReason.WAS_MISSING: N_("Was missing"),
    CorrectionReason.ANOTHERS_DATA: N_("Another person's data stood here"),
    CorrectionReason.CHANGED_BY_LAW: N_("Changed by law: name, sex or number"),
    CorrectionReason.REGISTER_RIGHT: N_("The person agrees with the register"),
}
PROOFS: Final[Mapping[StrEnum, str]] = {
    ProofKind.ID_CARD: N_("ID card seen"),
    ProofKind.PASSPORT: N_("Passport seen"),
    ProofKind.BIRTH_CERTIFICATE: N_("Birth certificate seen"),
    ProofKind.SLIP: N_("Vaccination slip"),
    ProofKind.STATION_BOOK: N_("The station's book"),
    ProofKind.REGISTER: N_("The register's answer"),
    ProofKind.POLICE: N_("The answer of police"),
    ProofKind.COMPLAINT: N_("A complaint"),
}
HAND_BACK_REASONS: Final[Mapping[StrEnum, str]] = {
    HandBackReason.REGISTER_CORRECTED: N_("The register was corrected: ask it again"),
    HandBackReason.DATA_WRONG: N_("The station's data are wrong"),
    HandBackReason.PERSON_FOUND: N_("The person was found and will come to the station"),
    HandBackReason.NOT_OF_HERE: N_("Lives in another commune"),
    HandBackReason.REQUEST_UNCLEAR: N_("It is not clear what is asked"),
}
FINDINGS: Final[Mapping[StrEnum, str]] = {
    Finding.DECEASED: N_("The person has died"),
    Finding.DUPLICATE: N_("The number was merged; the person has another record"),
    Finding.NOBODY: N_("There is no such person"),
}
GRAVE: Final[Mapping[StrEnum, str]] = {
    Grave.WRONG_PERSON: N_("The passport is another person's"),
    Grave.FRAUD: N_("The passport was sold or forged"),
}
CLASSES: Final[Mapping[StrEnum, str]] = {
    WorkClass.MISSING_FIELD: N_("Data missing"),
    WorkClass.IMPLAUSIBLE: N_("Data that cannot be true"),
    WorkClass.MALFORMED_ID: N_("Number of a wrong form"),
    WorkClass.MISMATCH_NAME: N_("Name differs"),
    WorkClass.MISMATCH_DATE_OF_BIRTH: N_("Date of birth differs"),
    WorkClass.MISMATCH_SEX: N_("Sex differs"),
    WorkClass.MISMATCH_ID: N_("Number differs"),
    WorkClass.MISMATCH_SEVERAL: N_("Several fields differ"),
    WorkClass.UNVERIFIABLE: N_("Not known to the register"),
    WorkClass.REGISTER_DISPUTED: N_("The register may be wrong"),
    WorkClass.DECEASED: N_("Registered as deceased"),
    WorkClass.MERGED: N_("Number was merged"),
    WorkClass.ATTESTATION: N_("Foreigner: passport to be seen"),
    WorkClass.HELD: N_("Held by the centre"),
}
RECORD_STATES: Final[Mapping[StrEnum, str]] = {
    RecordState.INCOMPLETE: N_("incomplete"),
    RecordState.MALFORMED_ID: N_("number of a wrong form"),
    RecordState.AWAITING_MATCH: N_("waits for the register"),
    RecordState.MISMATCHED: N_("the register says otherwise"),
    RecordState.UNVERIFIABLE: N_("not known to the register"),
    RecordState.REGISTER_DISPUTED: N_("the register may be wrong"),
    RecordState.DECEASED: N_("registered as deceased"),
    RecordState.MERGED: N_("number was merged"),
    RecordState.JOINED: N_("part of another record"),
    RecordState.READY: N_("ready to be signed"),
    RecordState.LEASED: N_("being signed"),
    RecordState.CONFIRMED: N_("confirmed by the station"),
    RecordState.SIGNED: N_("signed"),
    RecordState.HELD: N_("held by the centre"),
    RecordState.ISSUED: N_("passport issued"),
    RecordState.EXPIRING: N_("being renewed"),
    RecordState.RENEWED: N_("passport renewed"),
    RecordState.DISPUTED: N_("under complaint"),
    RecordState.REVOKED: N_("passport revoked"),
}
SLIPS: Final[Mapping[StrEnum, str]] = {
    Slip.MISSING: N_("One side has nothing here."),
    Slip.NAME_MARKS: N_("The same letters, other tone marks."),
    Slip.NAME_ORDER: N_("The same words in another order."),
    Slip.NAME_LETTER: N_("One letter differs."),
    Slip.NAME_WORD: N_("One word more or less."),
    Slip.DATE_SWAPPED: N_("Day and month are swapped."),
    Slip.DATE_DIGIT: N_("One digit differs."),
    Slip.DATE_PRECISE: N_("The register knows less of the date."),
    Slip.NUMBER_DIGIT: N_("One digit differs."),
    Slip.NUMBER_SWAPPED: N_("Two digits are swapped."),
    Slip.NUMBER_LENGTH: N_("One digit too many or too few."),
    Slip.NUMBER_KIND: N_("An old number (9 digits) beside a new one (12 digits)."),
    Slip.OTHER: N_("They have little in common."),
}
FIELDS: Final[Mapping[str, str]] = {
    "full_name": N_("Full name"),
    "date_of_birth": N_("Date of birth"),
    "sex": N_("Sex"),
    "id_number": N_("ID number"),
    "nationality": N_("Nationality"),
    "given_on": N_("Day"),
    "product": N_("Vaccine"),
    "lot": N_("Lot"),
    "unit": N_("Unit"),
}
DUPLICATE_REASONS: Final[Mapping[str, str]] = {
    "number-missing": N_("Alike, and one has no valid number"),
    "number-near": N_("Alike, and the numbers differ by one slip"),
    "spelling": N_("Alike, with numbers of two kinds"),
    "dose-two-stations": N_("Two stations entered the same dose"),
    "dose-days": N_("Two stations entered doses a few days apart"),
}
LIST_STATES: Final[Mapping[str, str]] = {
    "out": N_("with police"),
    "applied": N_("came back"),
    "withdrawn": N_("given up"),
}
OUTCOMES_OF_ROWS: Final[Mapping[str, str]] = {
    "applied": N_("applied"),
    "unchanged": N_("left open"),
    "refused": N_("refused"),
    "accepted": N_("accepted"),
    "duplicate": N_("known already"),
}
EVENTS: Final[Mapping[StrEnum, str]] = {
    StepKind.ATTEMPT: N_("Tried to reach the person"),
    StepKind.PASSED: N_("Passed to police"),
    StepKind.HANDED_BACK: N_("Handed back to the station"),
    StepKind.ASIDE: N_("Put aside"),
    StepKind.BACK: N_("Back on the list"),
    StepKind.RAISED: N_("Shown to the unit above for its age"),
    StepKind.CORRECTED: N_("Corrected"),
    StepKind.SETTLED: N_("Settled without a certificate"),
    StepKind.RECHECKED: N_("Checked again"),
}
CLOSINGS: Final[Mapping[str, str]] = {
    "mended": N_("Corrected"),
    "settled": N_("Settled without a certificate"),
    "rechecked": N_("Checked again"),
}
DRAWN_BECAUSE: Final[Mapping[str, str]] = {
    "rate": N_("drawn at random"),
    "single": N_("drawn at random; one person at most works there"),
    "settled": N_("each of these is looked at"),
}
ERRORS: Final[Mapping[StrEnum, str]] = {
    ErrorClass.WRONG_NAME: N_("The name is wrong"),
    ErrorClass.WRONG_DATE_OF_BIRTH: N_("The date of birth is wrong"),
    ErrorClass.WRONG_SEX: N_("The sex is wrong"),
    ErrorClass.WRONG_ID: N_("The number is wrong"),
    ErrorClass.WRONG_DOSE: N_("A dose is wrong"),
    ErrorClass.WRONG_PERSON: N_("It is another person’s"),
    ErrorClass.NO_EVIDENCE: N_("The proof that was named is not there"),
    ErrorClass.EVIDENCE_SAYS_OTHERWISE: N_("The proof says otherwise"),
    ErrorClass.NOT_ATTEMPTED: N_("Attempts were written down that were not made"),
    ErrorClass.NOT_CLOSED: N_("It should not have been closed"),
    ErrorClass.NOT_CHECKED: N_("The check was not made"),
}
# What a step's code and value may be, wherever they come from.
DOSE_PROOFS: Final[Mapping[StrEnum, str]] = {kind: PROOFS[kind] for kind in OF_DOSES}
CODES: Final[Mapping[str, str]] = {
    key.value: text
    for words in (WAYS, OUTCOMES, GROUNDS, ASIDE_REASONS, REASONS, PROOFS, HAND_BACK_REASONS, FINDINGS, ERRORS)
    for key, text in words.items()
} | {
    "ended": N_("its time is over"),
    "called": N_("called back"),
    "ok": N_("nothing was wrong"),
    "import": N_("Taken in from a file"),
    "platform": N_("Entered through the platform"),
    "renewal": N_("Renewed"),
    "duplicate": N_("Joined with another record"),
    "police-corrected": N_("Police corrected it"),
    "police-confirmed": N_("Police: the data are right"),
    "police-wrong": N_("Police: the data are wrong"),
    "police-not-found": N_("Police know nobody like this"),
    "police-deceased": N_("Police: the person has died"),
}
# Of a version: what it was made for, and the number of that.
PREFIXES: Final[Mapping[str, str]] = {
    "complaint": N_("Complaint %(number)s"),
    "police-list": N_("List %(number)s of police"),
}
NO_ACCOUNT: Final = N_("Give the account of a person of the staff.")
SEXES: Final[Mapping[str, str]] = {"M": N_("Male"), "F": N_("Female")}
IMPORT_STATES: Final[Mapping[str, str]] = {
    "staged": N_("interrupted: hand the same file in again"),
    "complete": N_("taken in"),
    "failed": N_("refused as a whole"),
}
PURPOSES: Final[Mapping[StrEnum, str]] = {
    Purpose.IDENTITY: N_("To compare the person with the register"),
    Purpose.CORRECTION: N_("To correct the record"),
    Purpose.COMPLAINT: N_("For a complaint"),
    Purpose.HOLDER_REQUEST: N_("The person stands at the counter"),
}
REGISTER_AGREES: Final = N_("The register agrees with every field.")
ANSWERS: Final[Mapping[StrEnum, str]] = {
    RegisterStatus.FOUND: N_("The register knows the person; what differs is marked. Its value is for police only."),
    RegisterStatus.NO_ANSWER: N_("The register does not know this person."),
    RegisterStatus.DECEASED: N_("The register says that the person has died."),
    RegisterStatus.MERGED: N_("The register has merged this number into another."),
}
COUNTER_PURPOSES: Final[Mapping[StrEnum, str]] = {
    Purpose.HOLDER_REQUEST: N_("The person asks for it"),
    Purpose.COMPLAINT: N_("For a complaint"),
    Purpose.CORRECTION: N_("To correct the record"),
}
DONE: Final[Mapping[str, str]] = {
    "corrected": N_("Record %(about)s was corrected: %(state)s."),
    "still": N_("It was corrected, but something is still to be mended: %(state)s."),
    "attempt": N_("The attempt is written down."),
    "passed": N_("Record %(about)s is on the list of police now."),
    "attested": N_("You have vouched for record %(about)s: it is ready to be signed."),
    "handed-back": N_("Record %(about)s is on its station’s list again."),
    "settled": N_("Record %(about)s is settled without a certificate; the unit above checks it again."),
    "aside": N_("Record %(about)s is aside; the unit above sees it until it is back."),
    "back": N_("The record is on the list again."),
    "asked": N_("The question stands; the clock stands until the answer."),
    "answered": N_("The answer is written down; the clock runs on."),
    "linked": N_("The complaint is tied to its record."),
    "confirmed": N_("Complaint %(about)s is settled: the citizen was right."),
    "entered": N_("Complaint %(about)s is settled: what was missing is entered (%(state)s)."),
    "refused": N_("Complaint %(about)s was refused; the citizen reads why, and may appeal once."),
    "proposed": N_("Your decision about complaint %(about)s stands as a proposal: a second person decides."),
    "complaint-passed": N_("Complaint %(about)s was passed on; the clock runs on."),
    "photo": N_("The photo is kept."),
    "named": N_("It is noted: this person decides nothing of it."),
    "told": N_("It is written down that the citizen was told."),
    "same": N_("They are one and the same from now on."),
    "different": N_("They stay two different ones."),
    "asked-list": N_("It is more than 200 rows today: a second person must agree first."),
    "agreed": N_("You have agreed; who asked may take the list now."),
    "checked-ok": N_("It is written down: nothing was wrong with record %(about)s."),
    "checked-error": N_("It is written down what was wrong with record %(about)s; unsigned, it is on the list again."),
    "visit-over": N_("The visit is over: it ends after half an hour. Look the person up again."),
    "contact": N_("Codes go to this contact from now on."),
    "guardian": N_("It is registered: this person may see the certificates from now on."),
    "guardian-ended": N_("It has ended: this person sees the certificates no longer."),
    "withdrawn": N_("List %(about)s is given up; its records may go onto another one."),
}
