"""The words of oversight: English as messages, which the catalogue has in Vietnamese."""

from collections.abc import Mapping
from typing import Final

from api.oversight.lists import Other
from api.oversight.stages import Stage
from api.states import WorkClass


def N_(message: str) -> str:  # noqa: N802 - the name by which gettext's tools find a message that is translated later
    """A message that a template translates."""
    return message


STAGES: Final[Mapping[str, str]] = {
    Stage.STATION: N_("Station is to mend"),
    Stage.POLICE: N_("Police are to mend"),
    Stage.ANSWER: N_("Register is asked"),
    Stage.DISPUTED: N_("Complaint about the content"),
    Stage.READY: N_("Station is to sign"),
    Stage.MINISTRY: N_("Ministry is to sign"),
    Stage.ISSUED: N_("Issued"),
    Stage.ENDED: N_("Ended without a certificate"),
    Stage.REVOKED: N_("Revoked"),
}
STUCK: Final[Mapping[str, str]] = {
    Stage.STATION: N_("It sticks with the stations: they have %(count)s records to mend."),
    Stage.POLICE: N_("It sticks with the police: they have %(count)s records to mend."),
    Stage.ANSWER: N_("It sticks at the register: %(count)s records await its answer."),
    Stage.DISPUTED: N_("It sticks at complaints: %(count)s records are disputed."),
    Stage.READY: N_("It sticks with the stations' signers: %(count)s records are ready and not signed."),
    Stage.MINISTRY: N_("It sticks with the ministry: %(count)s records await its signature."),
}
CLASSES: Final[Mapping[str, str]] = {
    WorkClass.MISSING_FIELD: N_("A field is missing"),
    WorkClass.IMPLAUSIBLE: N_("Cannot be true"),
    WorkClass.MALFORMED_ID: N_("Number of a wrong form"),
    WorkClass.MISMATCH_NAME: N_("Name does not match"),
    WorkClass.MISMATCH_DATE_OF_BIRTH: N_("Date of birth does not match"),
    WorkClass.MISMATCH_SEX: N_("Sex does not match"),
    WorkClass.MISMATCH_ID: N_("Number does not match"),
    WorkClass.MISMATCH_SEVERAL: N_("Several do not match"),
    WorkClass.UNVERIFIABLE: N_("Register does not know the person"),
    WorkClass.REGISTER_DISPUTED: N_("Register may be wrong"),
    WorkClass.DECEASED: N_("Deceased, the register says"),
    WorkClass.MERGED: N_("Number merged, the register says"),
    WorkClass.ATTESTATION: N_("Passport to be seen"),
    WorkClass.HELD: N_("Held back by the gate"),
}
OTHERS: Final[Mapping[str, str]] = {
    Other.ALL: N_("Taken in"),
    Other.IN_HAND: N_("Being mended"),
    Other.ASIDE: N_("Put aside"),
    Other.RAISED: N_("Waiting for 14 days and more"),
    Other.COMPLAINTS: N_("Open complaints"),
    Other.LATE: N_("Complaints beyond 48 hours"),
    Other.RECEIVED: N_("Complaints received"),
    Other.BREACHED: N_("48 hours that ran out"),
    Other.CONFIRMED: N_("Complaints that were right"),
    Other.REFUSED: N_("Complaints refused"),
    Other.IN_USE: N_("Units with a token in use"),
    Other.SUSPENDED: N_("Units whose tokens are suspended"),
    Other.NONE: N_("Units without a token"),
    Other.NOT_IN_USE: N_("Units without a token in use"),
}
LISTS: Final[Mapping[str, str]] = {**STAGES, **CLASSES, **OTHERS}
TASKS: Final[Mapping[str, str]] = {
    "entered": N_("Every dose that was given is entered"),
    "mended": N_("Records are mended"),
    "matched": N_("Records are compared with the register"),
    "complaints": N_("Complaints are decided"),
    "issued": N_("Certificates are issued"),
    "children": N_("Children from 5 to under 12 have two doses"),
    "boosters": N_("Adults have a third dose"),
}
BANDS: Final[Mapping[str, str]] = {
    "18+": N_("18 years and more"),
    "12-17": N_("12 to 17 years"),
    "5-11": N_("5 to under 12 years"),
    "0-4": N_("under 5 years"),
    "unknown": N_("age unknown"),
}
UNUSUAL: Final[Mapping[str, str]] = {
    "night": N_("At night"),
    "burst": N_("Very many in an hour"),
    "reads-without-act": N_("Records read, and nothing done"),
    "undelivered": N_("Signed for doses that were never delivered"),
}
