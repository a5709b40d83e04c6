"""What stops an agent: one error, with a stable code and a sentence for the person at the token."""


class AgentError(Exception):
    """The agent cannot go on.

    Attributes:
        code: stable machine name in kebab-case, for example ``centre-unreachable``.
        sentence: what happened and what to do, without personal data.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class CentreRefusedError(AgentError):
    """The centre answered with a problem (RFC 9457).

    Attributes:
        status: of HTTP.
        retry_after: seconds after which the centre asks to be tried again; None where it does not say.
    """

    def __init__(self, code: str, sentence: str, *, status: int, retry_after: int | None = None) -> None:
        super().__init__(code, sentence)
        self.status = status
        self.retry_after = retry_after
