"""Orders of revocation, and the reconciliation of doses."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "revocation-nothing": Kind(
        409,
        Words("Không có hộ chiếu nào khớp", "Không có hộ chiếu nào bị thu hồi. Hãy xem lại tiêu chí."),
        Words("No passport matches", "Nothing is revoked. Look at the criteria again."),
    ),
    "criteria-none": Kind(
        422,
        Words("Chưa chọn hộ chiếu nào", "Hãy nêu đơn vị, token, lô hoặc mã; chỉ có thời gian thì chưa đủ."),
        Words("Nothing is chosen", "Name a unit, a token, a lot or codes; a time alone is no choice."),
    ),
    "criteria-window": Kind(
        422,
        Words("Khoảng thời gian sai", "Thời điểm kết thúc đứng trước thời điểm bắt đầu. Hãy sửa lại."),
        Words("The time is the wrong way round", "It ends before it begins. Correct it."),
    ),
    "criteria-product": Kind(
        422,
        Words("Thiếu số lô", "Tên vắc xin phải đi cùng số lô. Hãy nêu số lô."),
        Words("The lot is missing", "A product is named with its lot. Name the lot."),
    ),
    "criteria-many": Kind(
        422,
        Words("Quá nhiều mã", "Hãy chia thành nhiều lệnh, mỗi lệnh tối đa 10.000 mã."),
        Words("Too many codes", "Make several orders, of 10,000 codes at most."),
    ),
    "code-unknown": Kind(
        404,
        Words("Có mã không tồn tại", "Một mã trong danh sách không có ở đây. Hãy kiểm tra lại danh sách."),
        Words("A code is unknown", "A code of the list is not here. Look at the list again."),
    ),
    "record-unknown": Kind(
        404,
        Words("Không có hồ sơ này", "Hãy kiểm tra lại số hồ sơ."),
        Words("No such record", "Look at the record's number again."),
    ),
    "unit-unknown": Kind(
        404,
        Words("Không có đơn vị này", "Hãy kiểm tra lại mã đơn vị."),
        Words("No such unit", "Look at the unit's code again."),
    ),
    "token-unknown": Kind(
        404,
        Words("Không có token này", "Hãy kiểm tra lại dấu vân tay của chứng thư."),
        Words("No such token", "Look at the certificate's fingerprint again."),
    ),
    "product-unknown": Kind(
        422,
        Words("Không có vắc xin này", "Hãy dùng tên trong danh mục."),
        Words("No such vaccine", "Use a name of the list."),
    ),
    "order-unknown": Kind(
        404,
        Words("Không có lệnh này", "Hãy kiểm tra lại số lệnh thu hồi."),
        Words("No such order", "Look at the order's number again."),
    ),
    "order-withdrawn": Kind(
        409,
        Words("Lệnh đã được rút", "Lệnh này đã được rút lại hoặc từ chối trước đó."),
        Words("The order was taken back", "It was taken back or refused before."),
    ),
    "order-why": Kind(
        422,
        Words("Thiếu lý do", "Hãy ghi lý do, không kèm thông tin cá nhân."),
        Words("The reason is missing", "Say why, without personal data."),
    ),
    "order-not-proposed": Kind(
        409,
        Words("Lệnh không chờ phê duyệt", "Lệnh đã có hiệu lực, đã bị từ chối hoặc đã được rút."),
        Words("The order waits for nobody", "It is in force, refused or taken back."),
    ),
    "order-lapsed": Kind(
        409,
        Words("Đề nghị đã quá hạn", "Đề nghị quá 72 giờ. Hãy lập đề nghị mới."),
        Words("The proposal has lapsed", "It is older than 72 hours. Propose it anew."),
    ),
    "order-same-person": Kind(
        403,
        Words("Cần người thứ hai", "Người đề nghị không được tự phê duyệt."),
        Words("A second person is needed", "Who proposed it cannot approve it."),
    ),
    "order-same-unit": Kind(
        403,
        Words("Cần người của đơn vị khác", "Người phê duyệt phải thuộc đơn vị khác với người đề nghị."),
        Words("Another unit is needed", "Who approves must be of another unit than who proposed."),
    ),
    "report-window": Kind(
        422,
        Words("Khoảng ngày sai", "Báo cáo gồm 1 đến 366 ngày."),
        Words("The days are wrong", "A report covers 1 to 366 days."),
    ),
}
