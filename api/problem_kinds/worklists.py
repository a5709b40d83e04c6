"""What work lists refuse."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "work-unknown": Kind(
        404,
        Words("Hồ sơ không có trong danh sách việc", "Không có hồ sơ với mã này, hoặc hồ sơ không còn gì phải sửa."),
        Words("Nothing is to be mended here", "There is no record of this number, or nothing is to be mended in it."),
    ),
    "work-desk": Kind(
        409,
        Words(
            "Hồ sơ ở danh sách khác", "Hồ sơ đang ở danh sách của bên kia (trạm hoặc công an). Hãy tải lại danh sách."
        ),
        Words("The record is on another list", "It is on the list of the other desk. Load the list again."),
    ),
    "work-waiting": Kind(
        409,
        Words("Hồ sơ đang chờ đối chiếu", "Hồ sơ đã được sửa và đang chờ trả lời. Chưa cần làm gì."),
        Words("The record awaits an answer", "It was corrected, and the answer is awaited. Nothing is to be done now."),
    ),
    "work-aside": Kind(
        409,
        Words("Hồ sơ đã được tạm gác", "Hồ sơ này đang được tạm gác. Muốn làm tiếp, hãy gọi hồ sơ trở lại."),
        Words("The record is aside already", "To work on it, call it back first."),
    ),
    "work-not-aside": Kind(
        409,
        Words("Hồ sơ không bị tạm gác", "Hồ sơ này đang ở trong danh sách việc. Hãy tải lại danh sách."),
        Words("The record is not aside", "It is on the list. Load the list again."),
    ),
    "aside-days": Kind(
        422,
        Words("Số ngày tạm gác không hợp lệ", "Hãy nhập ít nhất 1 ngày và không quá giới hạn của hệ thống."),
        Words("Wrong number of days", "Give at least 1 day and no more than the limit of the service."),
    ),
    "attempts-missing": Kind(
        409,
        Words(
            "Chưa đủ lần liên hệ",
            "Chưa thể chuyển công an: hãy liên hệ người dân đủ số lần, bằng ít nhất hai cách, và ghi lại từng lần.",
        ),
        Words(
            "Not enough attempts yet",
            "Police cannot get the record yet: try to reach the person often enough, in two ways at least, and write"
            " each attempt down.",
        ),
    ),
    "attempts-too-soon": Kind(
        409,
        Words("Còn quá sớm", "Chưa thể chuyển công an. Hãy liên hệ thêm một lần nữa sau {time}."),
        Words("It is too soon", "Police cannot get the record yet. Try to reach the person once more after {time}."),
    ),
    "work-ground": Kind(
        409,
        Words(
            "Lý do chuyển không phù hợp",
            "Chỉ hồ sơ bị dữ liệu dân cư bác mới chuyển với lý do này. Hãy bổ sung hoặc sửa dữ liệu.",
        ),
        Words(
            "The ground does not fit",
            "Only what the population register denies is passed on this ground. Complete or correct the data.",
        ),
    ),
    "work-finding": Kind(
        409,
        Words(
            "Kết luận không phù hợp", "Kết luận này không đúng với loại hồ sơ. Hãy chọn kết luận khác hoặc trả về trạm."
        ),
        Words("The finding does not fit", "It does not fit this kind of record. Choose another, or hand it back."),
    ),
    "page-after": Kind(
        422,
        Words("Trang không còn", "Hãy tải lại danh sách từ đầu."),
        Words("There is no such page", "Load the list from its beginning."),
    ),
    "days-range": Kind(
        422,
        Words("Khoảng ngày không hợp lệ", "Hãy chọn từ 1 đến 92 ngày, ngày cuối không trước ngày đầu."),
        Words("Wrong range of days", "Choose 1 to 92 days, the last not before the first."),
    ),
    "recheck-unknown": Kind(
        404,
        Words("Không có việc phúc tra này", "Mã này không có trong mẫu phúc tra. Hãy tải lại danh sách."),
        Words("Nothing of this number was drawn", "Load the list of what is to be checked again."),
    ),
    "recheck-done": Kind(
        409,
        Words("Đã phúc tra", "Người khác đã phúc tra việc này. Hãy tải lại danh sách."),
        Words("It was checked already", "Somebody else has checked it. Load the list again."),
    ),
    "recheck-self": Kind(
        403,
        Words("Không tự phúc tra việc của mình", "Hãy để một người khác của đơn vị cấp trên phúc tra."),
        Words("Nobody checks his own work", "Leave it to another person of the unit above."),
    ),
    "proof-reference": Kind(
        422,
        Words(
            "Nơi lưu bằng chứng không đúng dạng",
            "Chỉ ghi nơi tìm thấy bằng chứng (ví dụ: quyển 7, trang 12), không ghi số giấy tờ hay số điện thoại.",
        ),
        Words(
            "The reference has a wrong form",
            "Say only where the proof is found (for example: book 7, page 12), without a person's number.",
        ),
    ),
    "correction-field": Kind(
        422,
        Words(
            "Không có trường này",
            "Trường cần sửa không có trong hồ sơ (xem fields). Hãy kiểm tra tên trường và số mũi.",
        ),
        Words("There is no such field", "Check the field's name and the dose's number (see fields)."),
    ),
    "version-moved": Kind(
        409,
        Words(
            "Hồ sơ vừa được người khác sửa",
            "Hãy xem dữ liệu mới của hồ sơ, rồi gửi lại phần sửa nếu vẫn cần.",
        ),
        Words(
            "Somebody else has just changed the record",
            "Look at what it says now, and send yours again if it is still needed.",
        ),
    ),
    "correction-value": Kind(
        422,
        Words("Giá trị mới không đúng", "Giá trị vừa nhập không đọc được (xem fields). Hãy kiểm tra rồi nhập lại."),
        Words("The new value cannot be read", "Look at it and enter it again (see fields)."),
    ),
    "correction-dose": Kind(
        422,
        Words("Mũi tiêm còn thiếu dữ liệu", "Mũi tiêm mới cần ngày tiêm, vắc xin và số lô."),
        Words("The dose lacks data", "A dose that was missing needs its day, product and lot."),
    ),
    "correction-empty": Kind(
        409,
        Words("Không có gì thay đổi", "Giá trị mới giống giá trị cũ. Hãy kiểm tra lại."),
        Words("Nothing would change", "The new values are those that stand there already."),
    ),
    "correction-same-person": Kind(
        409,
        Words(
            "Đã có hồ sơ khác của người này", "Dữ liệu sau khi sửa trùng với một hồ sơ khác. Hãy báo cấp trên để xử lý."
        ),
        Words(
            "Another record has this person", "As corrected it is the person of another record. Tell the unit above."
        ),
    ),
    "record-in-signing": Kind(
        409,
        Words("Hồ sơ đang được ký", "Hãy thử lại khi việc ký đã xong."),
        Words("The record is being signed", "Try again when that is over."),
    ),
    "record-disputed": Kind(
        409,
        Words("Hồ sơ đang có khiếu nại hoặc đã bị thu hồi", "Hãy giải quyết việc đó trước."),
        Words("The record is under complaint or revoked", "Settle that first."),
    ),
}
