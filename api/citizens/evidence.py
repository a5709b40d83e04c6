"""What a clerk saw at the counter. There is no "other"."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from api.stations.sentences import Sentence


class Evidence(StrEnum):
    CITIZEN_CARD = "citizen-card"
    PASSPORT = "passport"
    BIRTH_CERTIFICATE = "birth-certificate"
    GUARDIANSHIP_DECISION = "guardianship-decision"  # of a court or a people's committee
    POLICE_CONFIRMATION = "police-confirmation"
    WRITTEN_CONSENT = "written-consent"  # signed before the clerk by the adult, who is present with a card


OF_PERSON: Final = frozenset({Evidence.CITIZEN_CARD, Evidence.PASSPORT, Evidence.POLICE_CONFIRMATION})
OF_GUARDIAN: Final = frozenset(
    {Evidence.BIRTH_CERTIFICATE, Evidence.GUARDIANSHIP_DECISION, Evidence.POLICE_CONFIRMATION}
)
OF_CONSENT: Final = frozenset({Evidence.WRITTEN_CONSENT})

WORDS: Final[Mapping[Evidence, Sentence]] = {
    Evidence.CITIZEN_CARD: Sentence("Thẻ căn cước công dân", "Citizen identity card"),
    Evidence.PASSPORT: Sentence("Hộ chiếu", "Passport"),
    Evidence.BIRTH_CERTIFICATE: Sentence("Giấy khai sinh", "Birth certificate"),
    Evidence.GUARDIANSHIP_DECISION: Sentence("Quyết định giám hộ", "Decision on guardianship"),
    Evidence.POLICE_CONFIRMATION: Sentence("Xác nhận của công an", "Confirmation by police"),
    Evidence.WRITTEN_CONSENT: Sentence("Giấy đồng ý ký trước mặt cán bộ", "Consent signed before the clerk"),
}
