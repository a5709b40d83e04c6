"""What can go wrong with a complaint and its photos."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "complaint-not-found": Kind(
        404,
        Words("Không tìm thấy phản ánh", "Số phản ánh hoặc mã bí mật không đúng. Hãy xem lại giấy hẹn."),
        Words("No such complaint", "The number or the secret is not right. Look again at what you were given with it."),
    ),
    "complaint-text": Kind(
        422,
        Words("Nội dung trống hoặc quá dài", "Hãy viết từ 1 đến 4000 ký tự (các ô ngắn: 200) rồi gửi lại."),
        Words("The text is empty or too long", "Write 1 to 4000 characters (200 in short fields) and send it again."),
    ),
    "complaint-person": Kind(
        422,
        Words("Chưa nêu người được tiêm", "Hãy nêu họ tên người được tiêm, hoặc số hồ sơ và mã trên phiếu tiêm."),
        Words("The person is missing", "Give the name of the person, or the record's number and the code of the slip."),
    ),
    "complaint-slip": Kind(
        404,
        Words(
            "Số hồ sơ và mã trên phiếu không khớp",
            "Hãy xem lại phiếu tiêm; hoặc gửi phản ánh không kèm số hồ sơ, đơn vị sẽ tìm.",
        ),
        Words(
            "The record's number and the code do not match",
            "Look at the slip again; or send the complaint without them: the unit will look for the record.",
        ),
    ),
    "complaint-unit": Kind(
        422,
        Words("Đơn vị không phù hợp", "Không có đơn vị này, hoặc không chuyển đến đơn vị này được. Hãy chọn lại."),
        Words("This unit does not fit", "There is no such unit, or it cannot be given to that unit. Choose another."),
    ),
    "complaint-late": Kind(
        409,
        Words("Đã quá 44 giờ", "Chỉ được chuyển lên đơn vị cấp trên, hoặc giải quyết ngay."),
        Words("44 hours have run", "It may be passed up only. Or decide it now."),
    ),
    "complaint-nowhere": Kind(
        422,
        Words("Chưa biết gửi đến đâu", "Hãy nêu nơi tiêm, xã/phường nơi ở, hoặc tỉnh."),
        Words("Nobody to send it to", "Name the place of vaccination, the commune where you live, or the province."),
    ),
    "complaint-top": Kind(
        409,
        Words(
            "Không còn đơn vị cấp trên trong hệ thống",
            "Hãy gửi đơn đến Thanh tra Bộ Y tế hoặc theo quy định về khiếu nại, tố cáo.",
        ),
        Words(
            "Nobody stands above this unit here", "Turn to the inspectorate of the ministry, or to what the law offers."
        ),
    ),
    "complaint-own-counter": Kind(
        403,
        Words(
            "Không tiếp nhận tại chính đơn vị bị phản ánh",
            "Người dân gửi bằng điện thoại, hoặc tại bất kỳ đơn vị nào khác.",
        ),
        Words(
            "Not at the counter of the unit itself", "The person sends it by telephone, or brings it to any other unit."
        ),
    ),
    "complaint-decided": Kind(
        409,
        Words("Phản ánh đã được giải quyết", "Không thể thay đổi nữa. Hãy mở lại trang để xem kết quả."),
        Words("The complaint is decided", "Nothing of it changes any more. Open it again to see the result."),
    ),
    "complaint-open": Kind(
        409,
        Words("Phản ánh chưa được giải quyết", "Hãy quyết định trước, rồi báo kết quả cho người dân."),
        Words("The complaint is not decided", "Decide first; then tell the person."),
    ),
    "complaint-changed": Kind(
        409,
        Words("Người khác đang xử lý phản ánh này", "Hãy mở lại rồi làm tiếp."),
        Words("Somebody else is at work on it", "Open it again and go on."),
    ),
    "complaint-no-question": Kind(
        409,
        Words("Không có câu hỏi nào đang chờ", "Đơn vị không chờ câu trả lời. Có thể gửi thêm ảnh."),
        Words("No question is open", "The unit waits for no answer. A photo may still be added."),
    ),
    "complaint-asked": Kind(
        409,
        Words("Đang chờ câu trả lời", "Đã có một câu hỏi chưa được trả lời."),
        Words("An answer is awaited already", "One question is open."),
    ),
    "complaint-questions": Kind(
        409,
        Words("Không được hỏi thêm", "Đã hỏi ba lần, hoặc đã chờ đủ bảy ngày. Hãy quyết định theo những gì đã có."),
        Words("No more questions", "Three were asked, or seven days were waited. Decide by what there is."),
    ),
    "complaint-photos": Kind(
        409,
        Words("Đã đủ ảnh", "Mỗi phản ánh có nhiều nhất bốn ảnh."),
        Words("There are enough photos", "A complaint has four at most."),
    ),
    "complaint-no-appeal": Kind(
        409,
        Words(
            "Không thể khiếu nại tiếp",
            "Chỉ khiếu nại được một lần, trong 30 ngày sau khi bị từ chối. Có thể gửi phản ánh mới.",
        ),
        Words(
            "No appeal is possible",
            "A refusal is appealed against once, within 30 days. A new complaint may be sent.",
        ),
    ),
    "complaint-linked": Kind(
        409,
        Words("Phản ánh đã gắn với hồ sơ khác", "Hãy xử lý hồ sơ đó, hoặc mời người dân gửi phản ánh mới."),
        Words("It is tied to another record", "Work on that record, or ask the person for a new complaint."),
    ),
    "complaint-record": Kind(
        404,
        Words("Không có hồ sơ này", "Hãy kiểm tra lại số hồ sơ."),
        Words("No such record", "Look at the record's number again."),
    ),
    "complaint-record-missing": Kind(
        409,
        Words(
            "Chưa gắn với hồ sơ nào",
            "Hãy tìm hồ sơ và gắn vào phản ánh; nếu thiếu thật, hãy nhập người và mũi tiêm cùng căn cứ khi xác nhận.",
        ),
        Words(
            "It is tied to no record",
            "Find the record and tie the complaint to it; where it is missing, enter person, dose and proof with the"
            " decision.",
        ),
    ),
    "complaint-proof": Kind(
        422,
        Words(
            "Căn cứ không phù hợp",
            "Mũi tiêm còn thiếu cần căn cứ là sổ của trạm hoặc phiếu tiêm; việc sửa hồ sơ đã có căn cứ là phản ánh.",
        ),
        Words(
            "The proof does not fit",
            "A missing dose is proven by the station's book or the slip; a correction by the complaint itself.",
        ),
    ),
    "complaint-record-there": Kind(
        409,
        Words("Dữ liệu này đã có", "Người và các mũi tiêm này đã có trong hệ thống. Hãy tìm hồ sơ và gắn vào."),
        Words("It is there already", "The system has this person with these doses. Look for the record and tie it."),
    ),
    "complaint-nothing-changed": Kind(
        409,
        Words("Hồ sơ chưa được sửa", "Hãy ghi những gì cần sửa, rồi xác nhận."),
        Words("Nothing was put right", "Say what is to be corrected, then confirm."),
    ),
    "complaint-correction": Kind(
        422,
        Words("Nội dung sửa không hợp lệ", "Các ô nêu trong fields sai dạng hoặc không sửa được. Hãy xem lại."),
        Words("The correction is refused", "What fields names has a wrong form or cannot be changed. Look again."),
    ),
    "complaint-in-signing": Kind(
        409,
        Words("Hồ sơ đang được ký", "Hãy thử lại sau (xem Retry-After)."),
        Words("The record is being signed", "Try again later (see Retry-After)."),
    ),
    "complaint-fraud": Kind(
        409,
        Words("Gian lận thì không sửa hồ sơ", "Hãy xác nhận không kèm nội dung sửa; mã cũ bị thu hồi ngay."),
        Words("After fraud nothing is corrected", "Confirm without changes; the old code is revoked at once."),
    ),
    "complaint-conduct": Kind(
        422,
        Words(
            "Phản ánh về hành vi không sửa hồ sơ",
            "Hãy mở phản ánh khác về dữ liệu, hoặc đề nghị thu hồi giấy xác nhận.",
        ),
        Words("Conduct corrects no record", "Open another complaint, about the data, or have the certificate revoked."),
    ),
    "complaint-reason": Kind(
        422,
        Words("Lý do không dùng cho loại phản ánh này", "Hãy chọn lý do khác trong danh sách."),
        Words("The reason is not for this kind", "Choose another one of the list."),
    ),
    "complaint-named": Kind(
        403,
        Words("Phản ánh nêu tên tài khoản này", "Người được nêu tên không giải quyết. Hãy để người khác."),
        Words("The complaint names this account", "Who is named does not decide. Leave it to somebody else."),
    ),
    "complaint-decided-before": Kind(
        403,
        Words("Tài khoản này đã quyết định lần đầu", "Khiếu nại lần hai phải do người khác giải quyết."),
        Words("This account decided the first time", "An appeal is decided by somebody else."),
    ),
    "complaint-sealed": Kind(
        500,
        Words("Không mở được nội dung đã lưu", "Hãy báo bộ phận kỹ thuật: khóa của hệ thống không khớp."),
        Words("What was kept cannot be opened", "Tell the operator: the service's secret does not fit."),
    ),
    "passport-disputed": Kind(
        409,
        Words(
            "Đang giải quyết phản ánh về giấy này",
            "Có phản ánh rằng giấy này là của người khác hoặc gian lận. Hãy chờ kết quả, trong 48 giờ.",
        ),
        Words(
            "A complaint about this passport is open",
            "Somebody says that it is another person's, or was sold. Wait for the decision, within 48 hours.",
        ),
    ),
    "photo-large": Kind(
        413,
        Words("Ảnh quá lớn", "Ảnh có nhiều nhất 5 MB. Hãy chụp ở độ phân giải thấp hơn."),
        Words("The photo is too large", "It has 5 MB at most. Take it with a lower resolution."),
    ),
    "photo-type": Kind(
        422,
        Words("Không phải ảnh JPEG, PNG hoặc WebP", "Hãy gửi ảnh chụp từ điện thoại, không gửi tệp khác."),
        Words("It is no JPEG, PNG or WebP", "Send a photo as the telephone takes it, no other file."),
    ),
    "photo-pixels": Kind(
        422,
        Words(
            "Ảnh có quá nhiều điểm ảnh",
            "Ảnh có nhiều nhất 25 triệu điểm ảnh (WebP: 12,5 triệu). Hãy chụp ở độ phân giải thấp hơn.",
        ),
        Words(
            "The photo has too many pixels", "It has 25 million at most (WebP: 12.5). Take it with a lower resolution."
        ),
    ),
    "photo-damaged": Kind(
        422,
        Words("Ảnh bị hỏng", "Không đọc được hết ảnh. Hãy chụp và gửi lại."),
        Words("The photo is damaged", "It cannot be read to its end. Take it again."),
    ),
    "photo-not-found": Kind(
        404,
        Words("Không có ảnh này", "Ảnh không có, hoặc đã được xóa theo quy định."),
        Words("No such photo", "It is not there, or was deleted as the rule is."),
    ),
}
