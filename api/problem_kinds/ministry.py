"""What can go wrong between the ministry's machines and the centre."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "units-refused": Kind(
        422,
        Words(
            "Danh sách đơn vị không dùng được",
            "Danh sách phải do người ký danh sách của Bộ ký, còn hiệu lực và gửi đủ các phần. Hãy ký và gửi lại.",
        ),
        Words(
            "The list of units cannot be used",
            "It must be signed by a list signer of the ministry, in force, and come with all its parts. Sign and send"
            " it again.",
        ),
    ),
    "units-older": Kind(
        409,
        Words(
            "Đã có danh sách đơn vị mới hơn",
            "Một máy khác của Bộ đã gửi phiên bản này hoặc mới hơn. Hãy lấy bản đó về rồi mới ký bản kế tiếp.",
        ),
        Words(
            "A newer list of units is here",
            "Another machine of the ministry has sent this version or a newer one. Fetch that one before you sign the"
            " next.",
        ),
    ),
    "bundle-refused": Kind(
        422,
        Words(
            "Bộ danh sách không dùng được",
            "Phải do người ký danh sách của Bộ ký, còn hiệu lực, mới hơn bản đã công bố và gửi đủ các phần.",
        ),
        Words(
            "The bundle cannot be used",
            "It must be signed by a list signer of the ministry, in force, newer than what is out, and come with all"
            " its parts.",
        ),
    ),
    "lists-differ": Kind(
        409,
        Words("Đã công bố một bộ danh sách khác cùng số", "Hãy lấy bản đã công bố về rồi ký phiên bản kế tiếp."),
        Words("Another bundle of this version is out", "Fetch what is published, then sign the next version."),
    ),
    "lists-roots": Kind(
        409,
        Words(
            "Trung tâm chưa có gốc tin cậy của danh sách",
            "Người vận hành phải đặt VAXSEAL_LIST_ROOTS trên máy chủ.",
        ),
        Words("The centre pins no root of lists", "Its operator has to set VAXSEAL_LIST_ROOTS."),
    ),
}
