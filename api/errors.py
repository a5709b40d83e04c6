"""What the service refuses. `api.problem_kinds` holds the words for people."""

from datetime import datetime


class CentreError(Exception):
    """A refusal with a stable code (kebab-case).

    Attributes:
        code: key of `api.problem_kinds.KINDS` where the refusal can reach a client.
        detail: one English sentence for operators and logs. Never holds personal data.
        fields: names of what is wrong in the request, never values.
        retry_after: seconds after which another try makes sense.
        may_from: when what is refused now becomes possible; people are told the time.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        fields: tuple[str, ...] = (),
        retry_after: int | None = None,
        may_from: datetime | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.fields = fields
        self.retry_after = retry_after
        self.may_from = may_from
