"""What `vaxseal token doctor` and `vaxseal token info` say, in English and Vietnamese: a sentence, and what to do.

docs/tokens.md explains each; a test compares.
"""

from collections.abc import Mapping
from typing import Final, Literal

Severity = Literal["problem", "warning"]

# code: severity, English, Vietnamese. {names} are filled in by vaxseal.doctor.
FINDINGS: Final[Mapping[str, tuple[Severity, str, str]]] = {
    # this machine
    "spy-set": (
        "problem",
        "This machine records PINs (PKCS11SPY is set). Type no PIN here; ask the person who looks after the machine.",
        "Máy này đang ghi lại mã PIN (biến PKCS11SPY). Không nhập mã PIN; hãy báo người phụ trách máy.",
    ),
    "clock-wrong": (
        "problem",
        "The clock of this machine is wrong: it says {date}. Set date and time, then start again.",
        "Đồng hồ của máy sai: máy đang báo {date}. Hãy chỉnh lại ngày giờ rồi chạy lại.",
    ),
    "service-stopped": (
        "problem",
        "The smart card service (pcscd, on Windows Smart Card) is not running. Restart the machine, or ask for help.",
        "Dịch vụ thẻ thông minh (pcscd, trên Windows: Smart Card) không chạy. Hãy khởi động lại máy, hoặc nhờ hỗ trợ.",
    ),
    "driver-none": (
        "problem",
        "No driver for tokens is installed. Install the driver that came with your token, then start again.",
        "Máy chưa cài phần mềm điều khiển token. Hãy cài phần mềm đi kèm token rồi chạy lại.",
    ),
    "driver-broken": (
        "warning",
        "The driver {driver} does not work: {detail}.",
        "Phần mềm điều khiển {driver} không chạy được: {detail_vi}",
    ),
    "reader-none": (
        "problem",
        "No token is plugged in. Plug it in; if it is, try another USB socket.",
        "Chưa cắm token. Hãy cắm token; nếu đã cắm, hãy thử cổng USB khác.",
    ),
    "token-none": (
        "problem",
        "There is a card reader, and no card in it. Insert the card.",
        "Có đầu đọc thẻ nhưng chưa có thẻ. Hãy đưa thẻ vào.",
    ),
    "token-unknown": (
        "problem",
        "A token is plugged in, but no driver here knows it. Install the driver that came with it.",
        "Token đã cắm nhưng máy không có phần mềm điều khiển phù hợp. Hãy cài phần mềm đi kèm token.",
    ),
    "token-other": (
        "problem",
        "The token you named is not plugged in; plugged in: {tokens}.",
        "Token được chỉ định chưa được cắm; đang cắm: {tokens}.",
    ),
    # a token
    "token-blank": (
        "problem",
        "The token is blank: it has no keys yet. Ask the person who issues tokens.",
        "Token còn trống: chưa có khóa. Hãy hỏi người cấp token.",
    ),
    "pin-none": (
        "problem",
        "The token has no PIN yet. Ask the person who issues tokens.",
        "Token chưa có mã PIN. Hãy hỏi người cấp token.",
    ),
    "pin-locked": (
        "problem",
        "The PIN is locked after too many wrong tries. Only the issuer of the token can unlock it; do not try again.",
        "Mã PIN đã bị khóa vì nhập sai nhiều lần. Chỉ nơi cấp token mở khóa được; đừng thử nữa.",
    ),
    "pin-final-try": (
        "problem",
        "One more wrong PIN locks the token. Make sure of the PIN first; then sign with --last-try.",
        "Chỉ còn một lần thử: nhập sai nữa, token sẽ bị khóa. Hãy chắc chắn mã PIN, rồi ký với --last-try.",
    ),
    "pin-low": (
        "warning",
        "A wrong PIN was typed before: few tries are left. Type slowly, with the Vietnamese keyboard off.",
        "Đã có lần nhập sai mã PIN: còn ít lần thử. Hãy nhập chậm và tắt bộ gõ tiếng Việt.",
    ),
    "pin-to-be-changed": (
        "problem",
        "The PIN must be changed before the token can be used: vaxseal token pin.",
        "Phải đổi mã PIN trước khi dùng token: vaxseal token pin.",
    ),
    "certificates-unread": (
        "warning",
        "The driver does not show certificates before the PIN. Start again with --log-in.",
        "Phần mềm điều khiển không cho xem chứng thư khi chưa nhập mã PIN. Hãy chạy lại với --log-in.",
    ),
    "certificate-none": (
        "problem",
        "There is no certificate on the token. Ask the person who issues tokens (vaxseal token csr, token import).",
        "Trên token không có chứng thư. Hãy hỏi người cấp token (vaxseal token csr, token import).",
    ),
    "certificate-ended": (
        "problem",
        "The certificate ended on {date}. Ask for a new one.",
        "Chứng thư đã hết hạn ngày {date}. Hãy xin chứng thư mới.",
    ),
    "certificate-ending": (
        "warning",
        "The certificate ends on {date}. Ask for its successor now.",
        "Chứng thư hết hạn ngày {date}. Hãy xin chứng thư mới ngay.",
    ),
    "passports-ending": (
        "warning",
        "The key signs passports until {date} only: a passport lives 12 months. Publish its successor now.",
        "Khóa chỉ ký hộ chiếu được đến {date}: hộ chiếu có hạn 12 tháng. Hãy công bố chứng thư kế tiếp ngay.",
    ),
    "certificate-not-begun": (
        "problem",
        "The certificate is valid only from {date}. Is the clock of this machine right?",
        "Chứng thư chỉ có hiệu lực từ {date}. Đồng hồ của máy có đúng không?",
    ),
    "certificate-unfit": (
        "problem",
        "The certificate cannot be used here: {detail}.",
        "Không dùng được chứng thư này: {detail_vi}.",
    ),
    "padding-old": (
        "problem",
        "The token signs RSA in the old way only (PKCS#1 v1.5); health passports need PSS. Use another token.",
        "Token chỉ ký RSA theo cách cũ (PKCS#1 v1.5), hộ chiếu tiêm chủng cần PSS. Hãy dùng token khác.",
    ),
    "mechanism-missing": (
        "problem",
        "The token cannot make the signatures that health passports need. Use another token.",
        "Token không tạo được chữ ký mà hộ chiếu tiêm chủng cần. Hãy dùng token khác.",
    ),
    "key-none": (
        "problem",
        "There is no key for the certificate on the token. Ask the person who issues tokens.",
        "Trên token không có khóa của chứng thư. Hãy hỏi người cấp token.",
    ),
    "log-in-failed": ("problem", "{detail}", "{detail_vi}"),
}

HEALTHY: Final = ("All is well: the token is ready to sign.", "Mọi thứ đều tốt: token sẵn sàng để ký.")

# Why a certificate does not serve a use (certificates.suitability), as the end of a sentence.
OBSTACLES: Final[Mapping[str, tuple[str, str]]] = {
    "form": ("it cannot be read", "không đọc được"),
    "key": ("its key is neither P-256 nor RSA of 2048 to 4096 bits", "khóa không phải P-256 hay RSA 2048 đến 4096 bit"),
    "authority": ("it is the certificate of an authority", "đây là chứng thư của cơ quan chứng thực"),
    "person": ("it carries a person's number: only units sign", "có số định danh cá nhân: chỉ đơn vị được ký"),
    "country": ("its country is not this one", "không phải chứng thư của nước này"),
    "not-begun": ("it is not valid yet", "chưa có hiệu lực"),
    "ended": ("it has ended", "đã hết hạn"),
    "usage": ("its key usage does not allow signatures of data", "mục đích sử dụng khóa không cho ký dữ liệu"),
    "commitment": (
        "its key usage does not allow signed documents (nonRepudiation)",
        "mục đích sử dụng khóa không cho ký văn bản (nonRepudiation)",
    ),
    "kind": ("it may not sign vaccination certificates", "không được ký chứng nhận tiêm chủng"),
    "rsa-size": ("passports need RSA of exactly 2048 bits", "hộ chiếu cần khóa RSA đúng 2048 bit"),
    "ending": ("it ends in less than 12 months", "còn hạn dưới 12 tháng"),
    "mechanism": ("the token cannot make its signature", "token không tạo được chữ ký của khóa này"),
}

USES: Final[Mapping[str, tuple[str, str]]] = {
    "confirmations": ("confirms records", "xác nhận hồ sơ"),
    "passports": ("signs passports (QR)", "ký hộ chiếu (QR)"),
    "documents": ("signs documents (PDF)", "ký văn bản (PDF)"),
}
