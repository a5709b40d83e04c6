"""What citizens are told, in Vietnamese and English."""

from collections.abc import Mapping
from typing import Final

from api.stations.sentences import Sentence

CODE_ASKED: Final = Sentence(
    "Nếu thông tin này khớp với một hồ sơ có số điện thoại hoặc thư điện tử đã đăng ký, mã gồm 8 số đang được gửi đến"
    " đó, dùng trong 10 phút. Sau 2 phút chưa có mã: dùng mã nhận trên phiếu tiêm, hoặc đến bất kỳ trạm y tế nào,"
    " cán bộ tra cứu và in miễn phí.",
    "If this fits a record with a registered telephone or e-mail, a code of 8 digits is on its way there, good for 10"
    " minutes. No code after two minutes: use the claim code of your slip, or go to any health station; they look it up"
    " and print it, free of charge.",
)

FREE: Final = Sentence(
    "Giấy chứng nhận là quyền của bạn và miễn phí. Ai đòi tiền, hãy báo cho chúng tôi.",
    "The certificate is your right, and it is free. Tell us of anyone who asks for money.",
)

FIELDS: Final[Mapping[str, Sentence]] = {
    "full_name": Sentence("Họ và tên", "Full name"),
    "date_of_birth": Sentence("Ngày sinh", "Date of birth"),
    "sex": Sentence("Giới tính", "Sex"),
    "id_number": Sentence("Số giấy tờ", "Identity number"),
    "nationality": Sentence("Quốc tịch", "Nationality"),
}
