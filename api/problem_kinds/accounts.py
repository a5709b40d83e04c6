"""Who may not do this, or not here."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
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
