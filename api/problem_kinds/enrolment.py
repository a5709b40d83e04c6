"""Why a unit or a token is not let in."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "unit-unknown": Kind(
        404,
        Words("Không có đơn vị này", "Không có đơn vị mang mã này. Hãy kiểm tra lại mã đơn vị."),
        Words("No such unit", "There is no unit of this code. Check it."),
    ),
    "unit-exists": Kind(
        409,
        Words("Mã đơn vị đã có", "Đã có đơn vị mang mã này. Hãy chọn mã khác."),
        Words("The unit exists", "There is a unit of this code already. Choose another one."),
    ),
    "unit-form": Kind(
        422,
        Words("Mã hoặc tên đơn vị sai dạng", "Mã gồm A-Z, 0-9 và dấu gạch ngang, tối đa 32 ký tự; tên không để trống."),
        Words("Code or name has a wrong form", "A code has A-Z, 0-9 and -, 32 at most; the name is not empty."),
    ),
    "unit-kind": Kind(
        422,
        Words("Không có loại đơn vị này", "Loại là station, hospital, mobile, committee, province hoặc ministry."),
        Words("No such kind of unit", "It is station, hospital, mobile, committee, province or ministry."),
    ),
    "enrol-form": Kind(
        422,
        Words("Không đọc được chứng thư", "Hãy gửi đúng chứng thư của token (DER, base64)."),
        Words("The certificate cannot be read", "Send the token's certificate (DER, base64)."),
    ),
    "enrol-ca": Kind(
        422,
        Words("Đây là chứng thư của nơi cấp", "Hãy gửi chứng thư của token, không phải của nơi cấp chứng thư."),
        Words("It is an authority's certificate", "Send that of the token, not that of its authority."),
    ),
    "enrol-country": Kind(
        422,
        Words("Chứng thư của nước khác", "Nước (C) trong chứng thư không phải nước của hệ thống này."),
        Words("Another country's certificate", "Its country (C) is not the one of this centre."),
    ),
    "enrol-ended": Kind(
        422,
        Words("Chứng thư đã hết hạn", "Hãy xin chứng thư mới cho token."),
        Words("The certificate has ended", "Ask for a new one for the token."),
    ),
    "enrol-ending": Kind(
        422,
        Words("Chứng thư sắp hết hạn", "Chứng thư phải còn hiệu lực ít nhất 12 tháng nữa."),
        Words("The certificate ends too soon", "It must be valid for 12 more months."),
    ),
    "enrol-usage": Kind(
        422,
        Words("Chứng thư không được ký hộ chiếu tiêm chủng", "Hãy xin chứng thư có mục đích ký hộ chiếu tiêm chủng."),
        Words("The certificate may not sign passports", "Ask for one that may sign vaccination passports."),
    ),
    "enrol-person": Kind(
        422,
        Words("Chứng thư của cá nhân", "Chứng thư mang số của một người. Chỉ nhận chứng thư của đơn vị."),
        Words("A person's certificate", "It carries a person's number. Only certificates of units are taken."),
    ),
    "enrol-specimen": Kind(
        422,
        Words("Chứng thư mẫu", "Chứng thư SPECIMEN chỉ dùng để thử nghiệm."),
        Words("A specimen", "A SPECIMEN certificate is for development only."),
    ),
    "enrol-authority": Kind(
        422,
        Words("Không biết nơi cấp chứng thư", "Nơi cấp chứng thư này không nằm trong số được công nhận ở đây."),
        Words("An unknown authority", "The certificate is of no authority that counts here."),
    ),
    "enrol-chain": Kind(
        422,
        Words("Chứng thư không nối được với nơi cấp", "Thiếu chứng thư trung gian, hoặc có chữ ký không đúng."),
        Words("The certificate does not lead to its authority", "One between is missing, or a signature is not right."),
    ),
    "enrol-revoked": Kind(
        409,
        Words("Chứng thư đã bị thu hồi", "Nơi cấp đã thu hồi chứng thư này. Hãy xin chứng thư mới."),
        Words("The certificate is revoked", "Its authority revoked it. Ask for a new one."),
    ),
    "enrol-revocation": Kind(
        503,
        Words("Chưa hỏi được nơi cấp chứng thư", "Nơi cấp không trả lời chứng thư còn giá trị không. Hãy thử lại sau."),
        Words("The authority gives no answer", "Nobody says whether the certificate stands. Try again later."),
    ),
    "enrol-exists": Kind(
        409,
        Words("Chứng thư đã được đăng ký", "Chứng thư này đã được đăng ký cho một đơn vị."),
        Words("Enrolled already", "This certificate is enrolled for a unit."),
    ),
    "enrol-suspended": Kind(
        409,
        Words("Khóa này đã bị tạm ngừng", "Một chứng thư khác của cùng khóa đã bị tạm ngừng nên khóa không được dùng."),
        Words("The key is suspended", "Another certificate of the same key is suspended: the key is not trusted."),
    ),
    "proposal-unknown": Kind(
        404,
        Words("Không có đề nghị này", "Không có đề nghị mang mã này. Hãy xem lại danh sách đề nghị."),
        Words("No such proposal", "There is none of this id. Look at the list again."),
    ),
    "proposal-settled": Kind(
        409,
        Words("Đề nghị đã xong", "Đề nghị đã được quyết định, hoặc quá hai tuần. Hãy đề nghị lại nếu cần."),
        Words("The proposal is settled", "It was decided before, or two weeks have passed. Propose anew."),
    ),
}
