"""What can go wrong with any request, with log-ins and leases, and with passports."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "not-found": Kind(
        404,
        Words("Không có địa chỉ này", "Địa chỉ được gọi không tồn tại. Hãy kiểm tra địa chỉ máy chủ trong cài đặt."),
        Words(
            "No such address", "The address that was called does not exist. Check the server's address in the settings."
        ),
    ),
    "method-not-allowed": Kind(
        405,
        Words("Cách gọi không đúng", "Địa chỉ này không nhận cách gọi này. Hãy cập nhật phần mềm ký."),
        Words("Wrong method", "This address does not take this method. Update the signing program."),
    ),
    "request-form": Kind(
        422,
        Words(
            "Dữ liệu gửi lên sai dạng", "Có trường thiếu hoặc sai dạng (xem fields). Hãy sửa các trường đó rồi gửi lại."
        ),
        Words(
            "The request has a wrong form",
            "A field is missing or has a wrong form (see fields). Correct it and send again.",
        ),
    ),
    "request-too-large": Kind(
        413,
        Words("Dữ liệu gửi lên quá lớn", "Hãy gửi ít hồ sơ hơn trong một lần."),
        Words("The request is too large", "Send fewer records at a time."),
    ),
    "page-origin": Kind(
        403,
        Words("Yêu cầu không đến từ trang này", "Hãy mở lại trang của hệ thống trên trình duyệt rồi thử lại."),
        Words("This did not come from our page", "Open the page of this service in your browser and try again."),
    ),
    "too-many-requests": Kind(
        429,
        Words("Gửi quá nhiều lần", "Hãy chờ một lát (xem Retry-After) rồi thử lại."),
        Words("Too many requests", "Wait a moment (see Retry-After) and try again."),
    ),
    "internal": Kind(
        500,
        Words(
            "Máy chủ gặp lỗi", "Yêu cầu chưa được thực hiện xong. Hãy thử lại; nếu vẫn lỗi, báo cho bộ phận kỹ thuật."
        ),
        Words("The server failed", "The request was not completed. Try again; if it fails again, tell the operator."),
    ),
    "unavailable": Kind(
        503,
        Words("Cơ sở dữ liệu chưa sẵn sàng", "Hãy thử lại sau ít phút. Không có dữ liệu nào bị mất."),
        Words("The database is not available", "Try again in some minutes. Nothing is lost."),
    ),
    "bearer-missing": Kind(
        401,
        Words("Chưa đăng nhập", "Hãy đăng nhập bằng token của đơn vị rồi thử lại."),
        Words("Not logged in", "Log in with the token of the unit and try again."),
    ),
    "session-ended": Kind(
        401,
        Words("Phiên làm việc đã hết", "Hãy đăng nhập lại bằng token của đơn vị."),
        Words("The session has ended", "Log in again with the token of the unit."),
    ),
    "login-refused": Kind(
        401,
        Words(
            "Đăng nhập không thành công",
            "Token chưa được đăng ký, lời mời đã quá hai phút hoặc đã dùng, hoặc địa chỉ máy chủ trong cài đặt"
            " không đúng.",
        ),
        Words(
            "The log-in was refused",
            "The token is not enrolled, the challenge is older than two minutes or was used, or the server's address in"
            " the settings is not right.",
        ),
    ),
    "token-suspended": Kind(
        403,
        Words("Token đã bị tạm ngừng", "Token này không được ký nữa. Hãy liên hệ đơn vị cấp trên."),
        Words("The token is suspended", "This token may not sign any more. Contact the unit above yours."),
    ),
    "no-task": Kind(
        403,
        Words(
            "Đơn vị này không ký ở chế độ hiện tại",
            "Với cách triển khai hiện tại, token của đơn vị này không có việc ký.",
        ),
        Words("No signing task for this unit", "As this centre is set up, the token of this unit has nothing to sign."),
    ),
    "certificate-ended": Kind(
        403,
        Words("Chứng thư của token không còn hiệu lực", "Hãy xin chứng thư mới cho token của đơn vị."),
        Words("The token's certificate is not valid now", "Ask for a new certificate for the token of the unit."),
    ),
    "certificate-ending": Kind(
        403,
        Words(
            "Chứng thư sắp hết hạn",
            "Chứng thư phải còn hiệu lực ít nhất 12 tháng thì mới ký được hộ chiếu. Hãy dùng token với chứng thư mới.",
        ),
        Words(
            "The certificate ends too soon",
            "A certificate signs passports only while it is valid for at least 12 more months. Use the token with the"
            " new certificate.",
        ),
    ),
    "offline-full": Kind(
        409,
        Words(
            "Máy này đang giữ đủ 500 hồ sơ",
            "Hãy ký và gửi những hồ sơ đã lấy về (vaxseal station sign), rồi mới lấy thêm để ký khi không có mạng.",
        ),
        Words(
            "This machine holds 500 records already",
            "Sign and send what was taken (vaxseal station sign) before more is taken for work without a network.",
        ),
    ),
    "dsc-usage": Kind(
        403,
        Words("Chứng thư không được ký hộ chiếu tiêm chủng", "Hãy dùng token có chứng thư ký hộ chiếu tiêm chủng."),
        Words("The certificate may not sign passports", "Use the token with a certificate for vaccination passports."),
    ),
    "dsc-country": Kind(
        403,
        Words(
            "Chứng thư của nước khác", "Chứng thư trên token không thuộc nước của hệ thống này. Hãy dùng đúng token."
        ),
        Words(
            "The certificate is another country's",
            "It does not belong to the country of this centre. Use the right token.",
        ),
    ),
    "dsc-unpublished": Kind(
        403,
        Words(
            "Chứng thư chưa được công bố",
            "Chứng thư của token này không có trong danh sách tin cậy đã công bố cho việc tiêm chủng. Hãy liên hệ nơi"
            " công bố danh sách (Bộ Y tế).",
        ),
        Words(
            "The certificate is not published",
            "The token's certificate is not on the published trust list for vaccinations. Contact whoever publishes it"
            " (the ministry).",
        ),
    ),
    "dsc-too-new": Kind(
        403,
        Words(
            "Chứng thư mới được công bố",
            "Nơi kiểm tra có thể chưa nhận được chứng thư của token này. Token được ký hộ chiếu từ {time}.",
        ),
        Words(
            "The certificate was published too recently",
            "Checkers may not have the token's certificate yet. It may sign passports from {time}.",
        ),
    ),
    "list-missing": Kind(
        404,
        Words(
            "Không có danh sách này", "Danh sách chưa được công bố. Hãy tải lại bundle.cbor để biết phần nào còn dùng."
        ),
        Words("No such list", "It is not published. Fetch bundle.cbor again: it names the parts that are in use."),
    ),
    "rules-country": Kind(
        422,
        Words("Không có quy định của nước này", "Danh sách hiện dùng không có quy định của nước được hỏi (country)."),
        Words("No rules for this country", "The lists in use hold no acceptance rules for the country asked for."),
    ),
    "policy-missing": Kind(
        422,
        Words("Chưa nêu mục đích kiểm tra", "Quy định của nước này khác nhau theo mục đích: hãy nêu policy."),
        Words("The occasion is missing", "The country's rules tell occasions apart: name one in policy."),
    ),
    "policy-unknown": Kind(
        422,
        Words("Không có mục đích kiểm tra này", "Quy định của nước này không có mục đích (policy) được nêu."),
        Words("No such occasion", "The country's rules do not know the policy that was named."),
    ),
    "layout": Kind(
        409,
        Words(
            "Phần mềm ký chưa đúng phiên bản",
            "Mẫu giấy chứng nhận của máy này khác với máy chủ. Hãy cập nhật phần mềm ký.",
        ),
        Words(
            "The signing program has another layout",
            "Its certificate page differs from the centre's. Update the program.",
        ),
    ),
    "job-form": Kind(
        422,
        Words("Kết quả ký sai dạng", "Phần mềm ký gửi kết quả sai dạng. Hãy cập nhật phần mềm ký."),
        Words("A signed job has a wrong form", "The signing program sent a malformed result. Update the program."),
    ),
    "passport-not-found": Kind(
        404,
        Words(
            "Không tìm thấy hộ chiếu",
            "Mã chứng nhận, ngày sinh hoặc mã nhận không khớp, hoặc hộ chiếu chưa được cấp. Hãy xem lại trên phiếu"
            " tiêm, hoặc hỏi nơi đã tiêm.",
        ),
        Words(
            "No passport found",
            "The certificate code, the date of birth or the claim code do not match, or the passport is not issued yet."
            " Look at the paper slip again, or ask where the dose was given.",
        ),
    ),
    "passport-revoked": Kind(
        410,
        Words(
            "Hộ chiếu đã bị thu hồi",
            "Giấy xác nhận này không còn giá trị nên không tải về được nữa. Hãy hỏi nơi đã tiêm để biết lý do và được"
            " cấp lại.",
        ),
        Words(
            "The passport is revoked",
            "The certificate is no longer valid and cannot be fetched. Ask where the dose was given for the reason and"
            " a new one.",
        ),
    ),
}
