"""What the service says of its own health."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "not-ready": Kind(
        503,
        Words("Máy chủ chưa sẵn sàng", "Phần chưa đạt nằm trong fields. Người vận hành hãy chạy vaxseal admin doctor."),
        Words("The service is not ready", "What fails stands in fields. The operator runs vaxseal admin doctor."),
    ),
}
