"""What can go wrong with the log of acts and its checkpoints."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "acts-of-one": Kind(
        422,
        Words("Phải hỏi đúng một đối tượng", "Hãy nêu một người ký, hoặc một token, hoặc một đơn vị."),
        Words("Ask about exactly one", "Name one signer, or one token, or one unit."),
    ),
    "checkpoint-form": Kind(
        422,
        Words("Điểm kiểm tra sai dạng", "Hãy cập nhật phần mềm của Bộ rồi gửi lại."),
        Words("The checkpoint has a wrong form", "Update the ministry's program and send it again."),
    ),
    "checkpoint-signature": Kind(
        422,
        Words("Chữ ký của điểm kiểm tra không đúng", "Hãy ký lại điểm kiểm tra bằng token của Bộ."),
        Words("The signature of the checkpoint is wrong", "Sign the checkpoint again with the ministry's token."),
    ),
    "checkpoint-signer": Kind(
        409,
        Words("Điểm kiểm tra do token khác ký", "Hãy đăng nhập bằng chính token đã ký điểm kiểm tra."),
        Words("Another token signed the checkpoint", "Log in with the token that signed it."),
    ),
    "checkpoint-time": Kind(
        409,
        Words("Đồng hồ hai máy lệch nhau", "Hãy chỉnh đồng hồ của máy ký rồi ký lại điểm kiểm tra."),
        Words("The clocks disagree", "Set the clock of the signing machine and sign the checkpoint again."),
    ),
    "checkpoint-differs": Kind(
        409,
        Words(
            "Nhật ký không chứa điểm kiểm tra này",
            "Nhật ký có thể đã bị sửa. Hãy giữ tệp điểm kiểm tra và báo ngay cho kiểm toán.",
        ),
        Words(
            "The log does not contain this checkpoint",
            "The log may have been bent. Keep the file of checkpoints and tell the auditors at once.",
        ),
    ),
}
