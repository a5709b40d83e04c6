"""What a correction may rest on: a closed list."""

from enum import StrEnum


class ProofKind(StrEnum):
    ID_CARD = "id-card-seen"
    PASSPORT = "passport-seen"
    BIRTH_CERTIFICATE = "birth-certificate-seen"
    SLIP = "slip"  # the paper of the vaccination
    STATION_BOOK = "station-book"
    REGISTER = "register-answer"
    POLICE = "police-answer"
    COMPLAINT = "complaint"
