"""What can go wrong with the register, with words about persons, and with lists for police."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words


def _kind(status: int, vi: tuple[str, str], en: tuple[str, str]) -> Kind:
    return Kind(status, Words(*vi), Words(*en))


KINDS: Final[Mapping[str, Kind]] = {
    "partner-away": _kind(
        503,
        ("Cơ sở dữ liệu dân cư chưa trả lời", "Hãy thử lại sau (xem Retry-After). Không hồ sơ nào bị thay đổi."),
        ("The register does not answer", "Try again later (see Retry-After). No record was changed."),
    ),
    "partner-refused": _kind(
        502,
        ("Cơ sở dữ liệu dân cư từ chối câu hỏi", "Hãy báo bộ phận kỹ thuật: kết nối cần được kiểm tra."),
        ("The register refuses the question", "Tell the operator: the connection must be looked at."),
    ),
    "partner-answer": _kind(
        502,
        ("Cơ sở dữ liệu dân cư trả lời sai dạng", "Hãy thử lại sau; nếu vẫn lỗi, báo bộ phận kỹ thuật."),
        ("The register's answer has a wrong form", "Try again later; if it fails again, tell the operator."),
    ),
    "register-answers": _kind(
        502,
        ("Câu trả lời không dùng được", "Câu trả lời không đúng người hoặc sai dạng và không được ghi lại."),
        ("The answer cannot be used", "It is about another person or has a wrong form, and was not kept."),
    ),
    "register-none": _kind(
        409,
        ("Chưa kết nối cơ sở dữ liệu dân cư", "Hệ thống này chưa được nối với cơ sở dữ liệu dân cư."),
        ("No register is connected", "This service has no population register to ask."),
    ),
    "query-limit": _kind(
        429,
        ("Đã hỏi đủ số lần trong ngày", "Tài khoản hoặc hồ sơ này đã hết lượt hỏi hôm nay. Hãy hỏi lại vào ngày mai."),
        ("Enough questions for a day", "This account or this record has no questions left today. Ask tomorrow."),
    ),
    "query-foreigner": _kind(
        409,
        ("Người nước ngoài", "Cơ sở dữ liệu dân cư chỉ có công dân. Cơ sở xác nhận bằng hộ chiếu."),
        ("A foreigner", "The register knows citizens only. The unit vouches by the passport."),
    ),
    "record-state": _kind(
        409,
        ("Hồ sơ đang ở bước khác", "Việc này không làm được ở trạng thái hiện tại của hồ sơ. Hãy tải lại hồ sơ."),
        ("The record is at another step", "This cannot be done in the record's present state. Load it anew."),
    ),
    "list-empty": _kind(
        409,
        ("Không có hồ sơ nào chờ công an", "Các hồ sơ còn lại đã nằm trong danh sách khác hoặc không cần đối chiếu."),
        ("No record waits for police", "What is left is on another list, or needs no comparison."),
    ),
    "list-unknown": _kind(
        404,
        ("Không có danh sách này", "Hệ thống chưa từng lập danh sách có mã này. Hãy kiểm tra mã ở dòng đầu."),
        ("No such list", "This service never made a list of this number. Check the number in its first row."),
    ),
    "list-closed": _kind(
        409,
        ("Danh sách đã đóng", "Danh sách đã được nhận hoặc đã bị hủy. Mỗi danh sách chỉ được nhận một lần."),
        ("The list is closed", "It was taken in or withdrawn before. A list is taken in once."),
    ),
    "list-form": _kind(
        422,
        ("Tệp không phải danh sách đối chiếu", "Hãy nộp đúng tệp XLSX mà hệ thống đã lập, với đủ các cột."),
        ("This is no list for comparison", "Hand in the XLSX that this service made, with all of its columns."),
    ),
    "list-changed": _kind(
        409,
        ("Danh sách bị sửa ngoài các cột của công an", "Các dòng nêu ở fields không còn như khi lập. Hãy lập lại."),
        ("More was changed than police may fill in", "The rows in fields are not as they were made. Make it anew."),
    ),
    "list-signer": _kind(
        403,
        ("Chữ ký không phải của công an", "Token đã ký không được đăng ký cho đơn vị công an nào."),
        ("The signature is not of police", "The token that signed is not enrolled for a police unit."),
    ),
    "list-account": _kind(
        403,
        ("Người ký không có tài khoản công an", "Tài khoản ghi trong chữ ký không phải tài khoản công an của đơn vị."),
        ("The signer has no account of police", "The account in the signature is none of police of this unit."),
    ),
    "list-time": _kind(
        409,
        (
            "Thời điểm ký không hợp lý",
            "Chữ ký có trước khi lập danh sách hoặc ở tương lai. Hãy chỉnh đồng hồ rồi ký lại.",
        ),
        ("The signing time cannot be", "It lies before the list was made, or in the future. Set the clock, sign anew."),
    ),
    "list-unchecked": _kind(
        409,
        ("Chưa kiểm tra được chứng thư", "Nhà cung cấp chứng thư lâu chưa trả lời. Hãy thử lại sau."),
        ("The certificate was not checked lately", "Its authority has not answered for long. Try again later."),
    ),
    "file-cms": _kind(
        422,
        ("Không phải chữ ký của danh sách", "Hãy nộp tệp .p7s do vaxseal station list-sign tạo ra."),
        ("This is no signature over a list", "Hand in the .p7s that vaxseal station list-sign made."),
    ),
    "file-content": _kind(
        409,
        ("Tệp đã đổi sau khi ký", "Chữ ký là của tệp khác. Hãy nộp đúng tệp đã ký, hoặc ký lại."),
        ("The file was changed after it was signed", "The signature is over another file. Hand in that one, or sign."),
    ),
    "file-signature": _kind(
        403,
        ("Chữ ký không đúng", "Chữ ký không khớp với chứng thư đã đăng ký. Hãy ký lại bằng token của đơn vị."),
        ("The signature is wrong", "It does not belong to the enrolled certificate. Sign with the unit's token."),
    ),
    "attestation-unit": _kind(
        403,
        ("Hồ sơ của đơn vị khác", "Chỉ đơn vị chịu trách nhiệm về hồ sơ mới được xác nhận."),
        ("Another unit's record", "Only the unit that answers for the record can vouch for it."),
    ),
    "attestation-document": _kind(
        422,
        ("Cần hộ chiếu", "Người nước ngoài được xác nhận bằng hộ chiếu; số trong hồ sơ phải là số hộ chiếu."),
        ("A passport is needed", "A foreigner is vouched for by the passport, whose number the record must hold."),
    ),
    "attestation-not-foreigner": _kind(
        409,
        ("Công dân Việt Nam", "Công dân được đối chiếu với cơ sở dữ liệu dân cư, không xác nhận tại cơ sở."),
        ("A citizen", "Citizens are compared with the register, and not vouched for by a unit."),
    ),
    "record-incomplete": _kind(
        409,
        ("Hồ sơ còn thiếu dữ liệu", "Hãy bổ sung dữ liệu của người dân trước."),
        ("The record lacks data", "Complete the person's data first."),
    ),
    "record-implausible": _kind(
        409,
        ("Mũi tiêm không hợp lý", "Hãy sửa dữ liệu mũi tiêm trước."),
        ("A dose cannot be true", "Correct the doses first."),
    ),
    "unit-parent": _kind(
        422,
        ("Thiếu đơn vị cấp trên", "Công an phụ trách các đơn vị dưới cấp trên của mình: hãy nêu đơn vị đó."),
        ("No unit above", "Police answer for the units below their own parent: name it."),
    ),
}
