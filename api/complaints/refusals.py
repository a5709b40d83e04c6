"""The 13 reasons of letter 9458/BYT-CNTT (8 Nov 2021) for which a complaint is refused, and what would make each
succeed. They are about slips and data: for conduct there is one of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.complaints.kinds import ComplaintKind
from api.errors import CentreError
from api.stations.sentences import Sentence


class Refusal(StrEnum):
    PHOTO_INCOMPLETE = "photo-incomplete"
    NAMES_CROSSED_OUT = "names-crossed-out"
    PORTRAIT_ONLY = "portrait-only"
    WRONG_DOSE = "wrong-dose"
    BIRTH_DIFFERS = "birth-differs"
    FIELDS_MISSING = "fields-missing"
    DATA_COVERED = "data-covered"
    BLURRED = "blurred"
    DATES_DIFFER = "dates-differ"
    NOTHING_MATCHES = "nothing-matches"
    NAME_INCOMPLETE = "name-incomplete"
    OTHER_VACCINE = "other-vaccine"
    ALTERED_FORM = "altered-form"
    CONDUCT_NOT_SHOWN = "conduct-not-shown"  # not among the 13


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it was refused, and what would make it succeed."""

    why: Sentence
    remedy: Sentence


_CLEAR: Final = Sentence(
    "Chụp lại toàn bộ phiếu tiêm, đủ sáng, rõ nét, thấy cả bốn góc.",
    "Take the photo again: the whole slip, in good light, sharp, with all four corners.",
)

REFUSALS: Final[Mapping[Refusal, Reason]] = {
    Refusal.PHOTO_INCOMPLETE: Reason(
        Sentence(
            "Ảnh không có ngày tiêm, mũi tiêm hoặc loại vắc xin.", "The photo shows no date, dose or kind of vaccine."
        ),
        Sentence(
            "Gửi ảnh phiếu có đủ ngày tiêm, mũi thứ mấy và tên vắc xin; hoặc xin nơi tiêm cấp lại phiếu.",
            "Send a photo of a slip that shows date, number of the dose and vaccine; or ask for the slip anew where the"
            " dose was given.",
        ),
    ),
    Refusal.NAMES_CROSSED_OUT: Reason(
        Sentence("Họ tên trên phiếu bị gạch xóa.", "Names on the slip are crossed out."),
        Sentence(
            "Xin nơi tiêm cấp lại phiếu không gạch xóa, có ký và đóng dấu.",
            "Ask where the dose was given for a slip without deletions, signed and stamped.",
        ),
    ),
    Refusal.PORTRAIT_ONLY: Reason(
        Sentence("Ảnh chỉ có chân dung.", "The photo shows a portrait only."),
        Sentence("Gửi ảnh phiếu xác nhận tiêm chủng.", "Send a photo of the vaccination slip."),
    ),
    Refusal.WRONG_DOSE: Reason(
        Sentence("Phiếu là của mũi tiêm khác.", "The slip is of another dose."),
        Sentence(
            "Gửi ảnh phiếu của đúng mũi đang phản ánh.", "Send a photo of the slip of the dose that this is about."
        ),
    ),
    Refusal.BIRTH_DIFFERS: Reason(
        Sentence("Ngày sinh không khớp.", "The date of birth does not match."),
        Sentence(
            "Mang CCCD hoặc giấy khai sinh đến nơi tiêm, hoặc gửi lại với ngày sinh như trên giấy tờ.",
            "Bring your ID card or birth certificate to where the dose was given, or send it again with the date of"
            " birth as on that paper.",
        ),
    ),
    Refusal.FIELDS_MISSING: Reason(
        Sentence("Thiếu thông tin bắt buộc.", "Mandatory fields are missing."),
        Sentence(
            "Điền đủ họ tên, ngày sinh, giới tính, số CCCD/hộ chiếu, ngày và nơi tiêm.",
            "Fill in name, date of birth, sex, number of ID card or passport, date and place of the dose.",
        ),
    ),
    Refusal.DATA_COVERED: Reason(Sentence("Dữ liệu trên ảnh bị che.", "Data on the photo are covered."), _CLEAR),
    Refusal.BLURRED: Reason(Sentence("Ảnh mờ, không đọc được.", "The photo is blurred."), _CLEAR),
    Refusal.DATES_DIFFER: Reason(
        Sentence("Ngày tiêm không khớp với sổ tiêm.", "The dates do not match the station's book."),
        Sentence(
            "Gửi ảnh phiếu có ngày tiêm, hoặc nêu ngày tiêm như trên phiếu.",
            "Send a photo of the slip with its date, or state the date as it stands there.",
        ),
    ),
    Refusal.NOTHING_MATCHES: Reason(
        Sentence("Không thông tin nào khớp với sổ tiêm.", "Nothing matches the station's book."),
        Sentence(
            "Kiểm tra lại nơi tiêm và ngày tiêm; mang giấy tờ và phiếu đến đúng nơi đã tiêm.",
            "See again where and when the dose was given; bring your papers and the slip there.",
        ),
    ),
    Refusal.NAME_INCOMPLETE: Reason(
        Sentence("Họ tên thiếu hoặc không có dấu.", "The name is incomplete or without diacritics."),
        Sentence(
            "Gửi lại với đầy đủ họ, chữ đệm, tên, có dấu như trên CCCD.",
            "Send it again with the whole name, with its diacritics, as on the ID card.",
        ),
    ),
    Refusal.OTHER_VACCINE: Reason(
        Sentence("Phiếu là của vắc xin khác.", "The slip is of another vaccine."),
        Sentence("Gửi ảnh phiếu tiêm vắc xin COVID-19.", "Send a photo of the slip of a COVID-19 vaccine."),
    ),
    Refusal.ALTERED_FORM: Reason(
        Sentence("Phiếu bị sửa chữa.", "The form was altered."),
        Sentence(
            "Xin nơi tiêm cấp lại phiếu từ sổ gốc, có ký và đóng dấu.",
            "Ask where the dose was given for a slip made anew from its book, signed and stamped.",
        ),
    ),
    Refusal.CONDUCT_NOT_SHOWN: Reason(
        Sentence("Chưa đủ căn cứ về hành vi được nêu.", "The conduct could not be shown."),
        Sentence(
            "Nêu ngày, giờ, nơi, người có mặt, hoặc gửi biên lai, tin nhắn, ảnh.",
            "Tell day, hour, place and who was there, or send a receipt, a message, a photo.",
        ),
    ),
}


def check_refusal(kind: ComplaintKind, refusal: Refusal) -> None:
    """Raises CentreError ``complaint-reason``: conduct is not refused for a photo, nor the reverse."""
    if (kind is ComplaintKind.CONDUCT) is not (refusal is Refusal.CONDUCT_NOT_SHOWN):
        raise CentreError("complaint-reason", "this reason does not belong to complaints of this kind")
