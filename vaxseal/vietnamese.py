"""What stops the person at a token, in Vietnamese: one sentence a code; the English one comes with the error."""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    # the token, its driver and its PIN
    "module-not-found": "Không tìm thấy phần mềm điều khiển của token: hãy cài đặt, hoặc chỉ rõ bằng --module.",
    "module-not-loaded": "Phần mềm điều khiển của token không chạy được trên máy này: hãy cài lại.",
    "module-architecture": "Phần mềm điều khiển của token không hợp với chương trình này (32 bit hay 64 bit):"
    " hãy cài bản 64 bit của nhà cung cấp.",
    "module-hung": "Phần mềm điều khiển của token không trả lời: hãy rút token ra, cắm lại và chạy lại.",
    "module-crashed": "Phần mềm điều khiển của token bị lỗi và tự tắt: hãy cài lại bản mới của nhà cung cấp.",
    "module-refused": "Máy này đang bật chế độ ghi lại mã PIN (pkcs11-spy): hãy tắt rồi chạy lại.",
    "token-error": "Token gặp lỗi: hãy rút ra, cắm lại và chạy lại.",
    "token-not-found": "Không thấy token: hãy cắm token của đơn vị.",
    "token-ambiguous": "Có nhiều token đang cắm: hãy rút bớt, hoặc chỉ rõ số sê-ri bằng --token.",
    "token-removed": "Token đã bị rút ra hoặc mất kết nối: hãy cắm lại và chạy lại.",
    "token-fault": "Token hoặc phần mềm điều khiển gặp lỗi: hãy rút ra, cắm lại và chạy lại.",
    "token-hung": "Token hoặc phần mềm điều khiển không trả lời: hãy rút ra, cắm lại và chạy lại.",
    "worker-ended": "Phần mềm điều khiển của token bị dừng đột ngột: hãy rút token ra, cắm lại và chạy lại.",
    "token-read-only": "Token không cho ghi.",
    "token-full": "Token đã hết chỗ.",
    "label-form": "Tên token trống hoặc quá dài.",
    "pin-incorrect": "Sai mã PIN. Chương trình không tự thử lại: nhập sai vài lần, token sẽ bị khóa.",
    "pin-incorrect-final-try": "Sai mã PIN, và chỉ còn một lần thử: nhập sai nữa, token sẽ bị khóa."
    " Chương trình không tự thử lại.",
    "pin-locked": "Mã PIN đã bị khóa: chỉ nơi cấp token mở khóa được.",
    "pin-expired": "Mã PIN đã hết hạn: hãy đổi mã PIN.",
    "pin-not-set": "Token chưa có mã PIN.",
    "pin-form": "Mã PIN không đúng dạng: chỉ gồm chữ không dấu và số (hãy tắt bộ gõ tiếng Việt), và không phải mã PIN"
    " của nhà sản xuất.",
    "pin-final-try": "Chỉ còn một lần thử: nhập sai nữa, token sẽ bị khóa. Khi chắc chắn, hãy chạy lại với --last-try.",
    "pin-none": "Chưa nhập mã PIN: không có gì được ký.",
    "key-not-found": "Trên token không có khóa ký.",
    "key-ambiguous": "Trên token có nhiều khóa: hãy hỏi nơi cấp token.",
    "key-mismatch": "Khóa và chứng thư trên token không khớp nhau: hãy hỏi nơi cấp token.",
    "key-unsuitable": "Loại khóa trên token không dùng được cho hộ chiếu tiêm chủng.",
    "mechanism-missing": "Token này không ký được theo cách mà hộ chiếu tiêm chủng cần: hãy dùng token khác.",
    "certificate-not-found": "Trên token không có chứng thư của khóa ký.",
    "certificate-ambiguous": "Khóa trên token có nhiều chứng thư: hãy chỉ rõ bằng --certificate.",
    "certificate-form": "Không đọc được chứng thư.",
    "certificate-ended": "Chứng thư của token đã hết hạn: hãy xin chứng thư mới.",
    "certificate-not-begun": "Chứng thư của token chưa có hiệu lực: hãy kiểm tra đồng hồ của máy.",
    "certificate-not-yet": "Chứng thư của token chưa có hiệu lực: hãy kiểm tra đồng hồ của máy.",
    "certificate-unfit": "Không dùng được chứng thư của token.",
    # the lists for checkers
    "lists-unusable": "Không ký: không tải được, hoặc không tin cậy được, danh sách dành cho người kiểm tra.",
    "lists-unreachable": "Không ký: không tải được danh sách dành cho người kiểm tra. Hãy kiểm tra mạng.",
    "dsc-unpublished": "Chưa có nơi kiểm tra nào biết chứng thư này: Bộ phải công bố trước khi dùng để ký.",
    "dsc-too-new": "Chứng thư mới được công bố, chưa đến giờ được dùng để ký hộ chiếu.",
    # the centre
    "centre-url": "Địa chỉ máy chủ không đúng: hãy ghi dạng https://tên-máy-chủ.",
    "centre-insecure": "Địa chỉ máy chủ phải bắt đầu bằng https://.",
    "centre-unreachable": "Không kết nối được máy chủ: hãy kiểm tra mạng và địa chỉ máy chủ.",
    "centre-timeout": "Máy chủ không trả lời kịp: hãy kiểm tra mạng và chạy lại.",
    "centre-answer": "Câu trả lời của máy chủ không dùng được: không có gì được ký thêm.",
    "role-differs": "Máy chủ giao việc khác với lệnh này: không có gì được ký.",
    "mode-differs": "Máy chủ chạy ở chế độ khác với máy này: không có gì được ký. Hãy hỏi đơn vị cấp trên.",
    "lease-ended": "Đã hết thời gian của đợt này: hãy chạy lại cho phần còn lại.",
    # the desk's page
    "token-pulled": "Token đã bị rút ra nên phiên làm việc đã kết thúc: hãy cắm lại và đăng nhập.",
    "session-ended": "Phiên làm việc đã hết: hãy đăng nhập lại bằng token.",
    "pin-again": "Token hỏi lại mã PIN: hãy lấy lại đợt ký và nhập mã PIN một lần nữa.",
    "desk-fault": "Bàn ký gặp lỗi: hãy tắt, mở lại và báo lỗi nếu còn.",
    "receipts-write": "Không ghi được biên nhận trên máy này: hãy dọn bớt ổ đĩa.",
    "port-taken": "Cổng này của máy đang được dùng: hãy chọn cổng khác.",
    # what is kept on this machine
    "journal-write": "Không ghi được nhật ký của đợt ký: không có gì được ký thêm. Hãy dọn bớt ổ đĩa, hoặc chỉ thư mục"
    " khác bằng --journal.",
    "journal-damaged": "Nhật ký của một đợt ký dở dang bị hỏng nên không được dùng: máy chủ sẽ giao lại các hồ sơ đó"
    " khi hết hạn.",
    "journal-unknown": "Không có đợt ký dở dang nào mang tên này.",
    "journal-busy": "Một chương trình khác đang làm việc với đợt ký này.",
    # this machine
    "signing-time": "Đồng hồ của máy này lệch hơn 10 phút so với máy chủ: hãy chỉnh đồng hồ. Không có gì được ký.",
    "layout-differs": "Mẫu giấy chứng nhận của máy này khác với máy chủ: hãy cập nhật phần mềm. Không có gì được ký.",
    "certificate-differs": "Máy chủ giao việc cho chứng thư khác của token này: hãy chọn đúng. Không có gì được ký.",
    "approval-needed": "Không có ai để hỏi: hãy dùng --yes để ký mà không xem bảng.",
    "stopped": "Đã dừng. Những gì đã ký được gửi đi; phần còn lại sẽ ký ở lần sau.",
}


def vietnamese_of(code: str) -> str:
    """The sentence for a code; for what the centre refused, the centre's own words. Empty where there is none."""
    if code in SENTENCES:
        return SENTENCES[code]
    from api.problem_kinds import KINDS

    return f"{KINDS[code].vi.title}. {KINDS[code].vi.detail}" if code in KINDS else ""
