"""Who may not do this, or not here; and the staff's log-in."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "staff-login-refused": Kind(
        401,
        Words(
            "Đăng nhập không thành công",
            "Tài khoản, mật khẩu hoặc mã 6 số không đúng, hoặc mã đã dùng rồi. Hãy chờ mã mới rồi thử lại; nếu quên,"
            " hãy nhờ người quản trị cấp lại.",
        ),
        Words(
            "The log-in was refused",
            "Account, password or the six digits are not right, or the digits were used before. Wait for new ones and"
            " try again; if one is lost, the operator gives you another.",
        ),
    ),
    "staff-login-paused": Kind(
        429,
        Words(
            "Thử sai nhiều lần",
            "Tên tài khoản này đã bị thử nhiều lần. Hãy chờ (xem Retry-After) rồi thử lại; mỗi lần sai phải chờ lâu"
            " hơn.",
        ),
        Words(
            "Too many tries",
            "This name was tried too often. Wait (see Retry-After) and try again; each wrong try makes it longer.",
        ),
    ),
    "password-first": Kind(
        403,
        Words(
            "Hãy đặt mật khẩu của riêng mình",
            "Mật khẩu đầu tiên do người quản trị cấp. Hãy đăng nhập lại kèm mật khẩu mới (new_password).",
        ),
        Words(
            "Choose a password of your own",
            "The first one was made for you by the operator. Log in again and give another one (new_password) as well.",
        ),
    ),
    "password-form": Kind(
        422,
        Words(
            "Mật khẩu mới chưa được",
            "Mật khẩu mới cần từ 12 đến 128 ký tự, không lặp lại một vài ký tự, và khác mật khẩu cũ.",
        ),
        Words(
            "The new password will not do",
            "It has 12 to 128 characters, not the same few again and again, and is not the old one.",
        ),
    ),
    "staff-bearer-missing": Kind(
        401,
        Words("Chưa đăng nhập", "Hãy đăng nhập bằng tài khoản của mình rồi thử lại."),
        Words("Not logged in", "Log in with your account and try again."),
    ),
    "staff-session-ended": Kind(
        401,
        Words("Phiên làm việc đã hết", "Hãy đăng nhập lại bằng tài khoản của mình."),
        Words("The session has ended", "Log in again with your account."),
    ),
    "role": Kind(
        403,
        Words("Tài khoản không có quyền này", "Việc này cần một vai trò khác. Hãy nhờ người có vai trò đó."),
        Words("The account may not do this", "This needs another role. Ask somebody who has it."),
    ),
    "place": Kind(
        403,
        Words("Ngoài phạm vi của đơn vị", "Hồ sơ thuộc đơn vị khác. Hãy chuyển cho đơn vị đó hoặc cấp trên."),
        Words(
            "Outside the account's units", "This belongs to another unit. Pass it on to that unit or to the one above."
        ),
    ),
}
