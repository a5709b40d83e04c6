"""Why a record waits and what its station does now, in Vietnamese and English: by code, else by state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.states import RecordState


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in both languages."""

    vi: str
    en: str


STATES: Final[Mapping[RecordState, Sentence]] = {
    RecordState.INCOMPLETE: Sentence("Hồ sơ thiếu hoặc sai dữ liệu.", "The record lacks data, or some cannot be true."),
    RecordState.MALFORMED_ID: Sentence("Số giấy tờ không đúng dạng.", "The identity number has a wrong form."),
    RecordState.AWAITING_MATCH: Sentence("Đang chờ đối chiếu dân cư.", "It waits for the population register."),
    RecordState.MISMATCHED: Sentence("Dữ liệu dân cư không khớp.", "The population register says otherwise."),
    RecordState.UNVERIFIABLE: Sentence("Dữ liệu dân cư chưa trả lời.", "The population register gave no answer."),
    RecordState.REGISTER_DISPUTED: Sentence(
        "Người dân cho rằng dữ liệu dân cư sai.", "The person says that the register is wrong."
    ),
    RecordState.DECEASED: Sentence("Dữ liệu dân cư ghi là đã mất.", "The register says that the person has died."),
    RecordState.MERGED: Sentence(
        "Dữ liệu dân cư ghi số này đã được gộp vào số khác.", "The register has merged this number into another."
    ),
    RecordState.HELD: Sentence("Máy chủ giữ lại để kiểm tra.", "The centre's checks hold it back."),
    RecordState.DISPUTED: Sentence("Có khiếu nại đang mở.", "A complaint about it is open."),
}

NEXT_STEPS: Final[Mapping[RecordState, Sentence]] = {
    RecordState.INCOMPLETE: Sentence(
        "Liên hệ người dân, bổ sung hoặc sửa dữ liệu.", "Contact the person, and complete or correct the data."
    ),
    RecordState.MALFORMED_ID: Sentence(
        "Xem lại giấy tờ và nhập lại số.", "Look at the document, and enter the number again."
    ),
    RecordState.AWAITING_MATCH: Sentence("Chờ kết quả đối chiếu.", "Wait for the answer."),
    RecordState.MISMATCHED: Sentence(
        "Liên hệ người dân để kiểm tra; không được thì gửi công an xã xác minh.",
        "Check with the person; where that fails, ask the commune police.",
    ),
    RecordState.UNVERIFIABLE: Sentence(
        "Gửi danh sách cho công an xã xác minh.", "Send the list to the commune police to be verified."
    ),
    RecordState.REGISTER_DISPUTED: Sentence(
        "Hướng dẫn người dân làm việc với công an xã.", "Send the person to the commune police."
    ),
    RecordState.DECEASED: Sentence(
        "Kiểm tra có nhầm người không; báo công an xã nếu sai.",
        "See whether it is another person; tell the commune police if it is wrong.",
    ),
    RecordState.MERGED: Sentence("Xem giấy tờ mới và sửa số.", "Look at the new document, and correct the number."),
    RecordState.HELD: Sentence(
        "Báo đơn vị quản trị hệ thống, kèm mã hồ sơ.", "Tell the operator of the system the record's number."
    ),
    RecordState.DISPUTED: Sentence("Trả lời khiếu nại trong 48 giờ.", "Answer the complaint within 48 hours."),
}

REASONS: Final[Mapping[str, Sentence]] = {
    "name-missing": Sentence("Thiếu họ tên.", "The name is missing."),
    "name-empty": Sentence("Thiếu họ tên.", "The name is missing."),
    "name-characters": Sentence("Họ tên có ký tự lạ.", "The name has strange characters."),
    "name-parts": Sentence("Họ và tên không khớp với tên đầy đủ.", "The parts of the name differ from the full name."),
    "name-letters": Sentence(
        "Họ tên có chữ không ghi được lên hộ chiếu.", "The name has letters that no passport can write."
    ),
    "date-of-birth-missing": Sentence("Thiếu ngày sinh.", "The date of birth is missing."),
    "sex-missing": Sentence("Thiếu giới tính.", "The sex is missing."),
    "nationality-unknown": Sentence("Quốc tịch không đúng.", "The nationality is unknown."),
    "id-number-missing": Sentence("Thiếu số giấy tờ.", "The identity number is missing."),
    "citizen-id-empty": Sentence("Thiếu số giấy tờ.", "The identity number is missing."),
    "citizen-id-length": Sentence("Số CCCD không đủ 12 số (CMND: 9 số).", "The number has neither 12 nor 9 digits."),
    "citizen-id-lost-zero": Sentence("Số CCCD bị mất số 0 ở đầu.", "The number lost the zeros in front."),
    "citizen-id-rounded": Sentence("Số CCCD bị bảng tính làm tròn.", "A spreadsheet rounded the number."),
    "citizen-id-characters": Sentence("Số giấy tờ có ký tự lạ.", "The number has strange characters."),
    "citizen-id-dummy": Sentence("Số giấy tờ điền tạm, không có thật.", "The number was filled in and is none."),
    "citizen-id-province": Sentence("Mã tỉnh trong số CCCD không có.", "No province has the number's code."),
    "citizen-id-kind": Sentence("Loại giấy tờ và số không hợp nhau.", "The number is none of the kind beside it."),
    "attestation-needed": Sentence(
        "Người nước ngoài: cơ sở phải xác nhận bằng hộ chiếu.", "A foreigner: the unit must vouch by the passport."
    ),
    "doses-none": Sentence("Chưa có mũi tiêm nào.", "There is no dose."),
    "dose-number-range": Sentence("Số thứ tự mũi không hợp lý.", "A dose's number cannot be true."),
    "dose-number-duplicate": Sentence("Hai mũi cùng số thứ tự.", "Two doses carry one number."),
    "dose-number-gap": Sentence("Thiếu một mũi ở giữa.", "A dose in between is missing."),
    "dose-order": Sentence("Ngày tiêm không theo thứ tự mũi.", "The dates do not follow the doses' numbers."),
    "dose-same-day": Sentence("Hai mũi cùng một ngày.", "Two doses on one day."),
    "dose-interval": Sentence("Hai mũi quá gần nhau.", "Two doses are too close."),
    "dose-future": Sentence("Ngày tiêm ở tương lai.", "A date of vaccination lies in the future."),
    "dose-before-campaign": Sentence("Ngày tiêm trước chiến dịch.", "A dose from before the campaign."),
    "dose-before-birth": Sentence("Ngày tiêm trước ngày sinh.", "A dose from before the birth."),
    "dose-country": Sentence("Nước tiêm không đúng.", "The country of a dose is unknown."),
    "product-unknown": Sentence("Tên vắc xin không có trong danh mục.", "The vaccine is not in the list."),
    "product-inactive": Sentence("Vắc xin không còn trong danh mục.", "The vaccine is no longer in the list."),
    "lot-missing": Sentence("Thiếu số lô.", "The lot number is missing."),
    "lot-form": Sentence("Số lô không đúng dạng.", "The lot number has a wrong form."),
    "police-wrong": Sentence("Công an: dữ liệu cơ sở ghi là sai.", "Police say that what the station wrote is wrong."),
    "police-not-found": Sentence("Công an không tìm thấy người này.", "Police know nobody like this."),
    "police-deceased": Sentence("Công an xác nhận người này đã mất.", "Police say that the person has died."),
    "evidence-other-person": Sentence(
        "Dữ liệu đã sửa sau khi đối chiếu.", "The data was changed after the register was asked."
    ),
}
