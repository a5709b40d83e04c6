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
    "record-unknown": Kind(
        404,
        Words("Không có hồ sơ này", "Không có hồ sơ mang mã này. Hãy kiểm tra lại mã hồ sơ."),
        Words("No such record", "There is no record of this id. Check it."),
    ),
    "second-person": Kind(
        403,
        Words("Cần người thứ hai", "Người đề nghị không được tự duyệt. Hãy nhờ một người khác duyệt."),
        Words("A second person is needed", "Who asks does not approve. Ask somebody else to do it."),
    ),
    "export-unknown": Kind(
        404,
        Words("Không có đề nghị xuất dữ liệu này", "Mã không đúng, hoặc là của người khác hay danh sách khác."),
        Words("No such export", "The id is wrong, or belongs to another person or another list."),
    ),
    "export-waiting": Kind(
        409,
        Words(
            "Đang chờ người thứ hai duyệt",
            "Mỗi người mỗi ngày tự xuất được 200 dòng có thông tin cá nhân. Nhiều hơn thì cần một người khác duyệt.",
        ),
        Words(
            "It waits for a second person",
            "One person takes 200 rows about people a day. For more, somebody else must approve.",
        ),
    ),
    "export-settled": Kind(
        409,
        Words("Đề nghị đã xong", "Đề nghị đã được duyệt, đã xuất, hoặc quá một ngày. Hãy đề nghị lại."),
        Words("The request is settled", "It was approved or taken before, or a day has passed. Ask anew."),
    ),
    "export-grown": Kind(
        409,
        Words("Danh sách đã dài thêm", "Danh sách nay có nhiều dòng hơn lúc đề nghị. Hãy đề nghị lại."),
        Words("The list has grown", "It has more rows now than were asked for. Ask anew."),
    ),
    "person-unproven": Kind(
        401,
        Words("Chưa biết ai ngồi ở bàn ký", "Hãy nhập tài khoản, mật khẩu và mã 6 số của mình, rồi mã PIN của token."),
        Words("Who sits at the desk?", "Give your account, password and six digits, then the PIN of the token."),
    ),
    "shift-ended": Kind(
        401,
        Words("Ca làm việc đã hết", "Hãy nhập lại tài khoản, mật khẩu và mã 6 số của mình."),
        Words("The shift has ended", "Give your account, password and six digits again."),
    ),
    "account-not-signer": Kind(
        403,
        Words(
            "Tài khoản này không được ký ở đơn vị này",
            "Token là của đơn vị, nhưng tên người ký phải là tài khoản đang hoạt động của đơn vị và có quyền ký. Hãy"
            " dùng đúng tài khoản, hoặc nhờ người quản trị.",
        ),
        Words(
            "The account may not sign here",
            "The token is the unit's, but who signs needs an enabled account of the unit with the role signer. Use the"
            " right account, or ask the operator.",
        ),
    ),
    "unit-closed": Kind(
        403,
        Words(
            "Đơn vị đã đóng",
            "Đơn vị của tài khoản đã đóng hoặc chưa hoạt động. Hãy nhờ người quản trị chuyển tài khoản"
            " sang đơn vị khác.",
        ),
        Words(
            "The unit is closed",
            "The account's unit is closed, or not open yet. Ask the operator to move the account to the new one.",
        ),
    ),
}
