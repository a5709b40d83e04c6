"""What can go wrong when citizens look for their certificates, and at the counter."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "citizen-form": Kind(
        422,
        Words(
            "Cần thêm thông tin",
            "Nhập số giấy tờ; hoặc họ tên và ngày sinh (chỉ biết năm sinh: thêm nơi tiêm); hoặc số hồ sơ trên phiếu.",
        ),
        Words(
            "Something is missing",
            "Give the identity number; or name and date of birth (with a year only, also where you were vaccinated); or"
            " the record's number on the slip.",
        ),
    ),
    "citizen-code-refused": Kind(
        403,
        Words("Mã không đúng hoặc đã hết hạn", "Hãy xem lại mã; hoặc yêu cầu mã mới, hoặc dùng mã nhận trên phiếu."),
        Words("The code is not right, or too old", "Look again; or ask for a new one, or use the slip's claim code."),
    ),
    "citizen-slip-refused": Kind(
        403,
        Words(
            "Mã nhận không khớp",
            "Hãy xem lại phiếu tiêm. Sau 5 lần sai mã bị khóa; trạm y tế tra cứu và in lại miễn phí.",
        ),
        Words(
            "The claim code does not fit",
            "Look at the slip again. After five wrong ones it is locked; any health station helps, free of charge.",
        ),
    ),
    "citizen-session-ended": Kind(
        401,
        Words("Phiên đã kết thúc", "Hãy nhập lại thông tin và mã."),
        Words("The session is over", "Prove again who you are: it ends after half an hour."),
    ),
    "citizen-bearer-missing": Kind(
        401,
        Words("Chưa xác nhận", "Hãy xác nhận bằng mã gửi đến điện thoại hoặc mã nhận trên phiếu."),
        Words("Not proven yet", "Prove who you are with the code that was sent, or the claim code of the slip."),
    ),
    "citizen-person-unknown": Kind(
        404,
        Words(
            "Không có người này trong phiên của bạn", "Chỉ xem được của bạn, của con dưới 14 tuổi đã đăng ký giám hộ."
        ),
        Words("Nobody of this session", "You see your own, and those of whom you are registered to stand for."),
    ),
    "citizen-contact": Kind(
        422,
        Words("Số điện thoại hoặc thư điện tử không đúng", "Nhập số điện thoại (09..., +84...) hoặc thư điện tử."),
        Words("Neither telephone nor e-mail", "Enter a telephone number (09..., +84...) or an e-mail address."),
    ),
    "citizen-evidence": Kind(
        422,
        Words("Giấy tờ này không đủ", "Hãy chọn giấy tờ mà việc này yêu cầu; xem tài liệu docs/citizens.md."),
        Words("This paper does not do", "Choose one that this needs: docs/citizens.md has the table."),
    ),
    "guardianship-unfit": Kind(
        409,
        Words(
            "Không đăng ký được",
            "Giám hộ chỉ cho trẻ dưới 14 tuổi có đủ ngày sinh; người lớn tự đồng ý; không ai đứng thay chính mình.",
        ),
        Words(
            "This cannot be registered",
            "Guardians are for children under 14 with a known day of birth; adults consent; nobody stands for himself.",
        ),
    ),
    "guardianship-unknown": Kind(
        404,
        Words("Không có đăng ký này", "Đăng ký đã kết thúc, hoặc không thuộc hồ sơ này."),
        Words("No such registration", "It has ended, or belongs to another record."),
    ),
    "certificate-none": Kind(
        404,
        Words("Chưa có giấy chứng nhận", "Hãy xem tình trạng hồ sơ: ở đó có lý do và việc cần làm."),
        Words("No certificate yet", "Look at the state of the record: it says why, and what to do."),
    ),
    "complaint-kind": Kind(
        422,
        Words("Chưa chọn loại phản ánh", "Hãy chọn điều gần nhất với việc của bạn."),
        Words("The kind is missing", "Choose what comes nearest."),
    ),
    "photo-missing": Kind(
        422,
        Words("Chưa chọn ảnh", "Hãy chọn một ảnh rồi gửi lại."),
        Words("No photo was chosen", "Choose one, and send it again."),
    ),
    "counter-unknown": Kind(
        404,
        Words("Không tìm thấy hồ sơ", "Hãy xem lại giấy tờ; nếu đúng, ghi phản ánh cho người dân."),
        Words("No record found", "Look at the papers again; if they are right, take down a complaint for the person."),
    ),
    "counter-purpose": Kind(
        422,
        Words("Mục đích không phù hợp", "Tại quầy chỉ: theo yêu cầu của người dân, phản ánh, hoặc sửa dữ liệu."),
        Words("Not a purpose of a counter", "At a counter: the holder's request, a complaint, or a correction."),
    ),
    "counter-limit": Kind(
        429,
        Words("Đã tra cứu nhiều trong hôm nay", "Hãy báo cấp trên nếu cần tra cứu thêm."),
        Words("Enough look-ups for a day", "Tell the unit above if more are needed."),
    ),
    "app-key-refused": Kind(
        401,
        Words("Khóa ứng dụng không đúng", "Ứng dụng cần khóa còn hiệu lực trong tiêu đề X-App-Key."),
        Words("The app's key is refused", "The header X-App-Key needs a key in force."),
    ),
}
