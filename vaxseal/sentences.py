"""Errors of every room end a command with one sentence and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from vaxseal.console import stop

if TYPE_CHECKING:
    from api.errors import CentreError
    from certificates.errors import CertificateError
    from hsm.errors import TokenError
    from signer.errors import AgentError

_NAMES: Final = frozenset("./:\\")  # what words have not, and names of files and addresses have


def sentence_of(error: "AgentError | CentreError | CertificateError | TokenError") -> str:
    """What to tell a person: with a capital letter, unless a file or an address comes first, and a full stop."""
    from signer.errors import AgentError

    text = error.sentence if isinstance(error, AgentError) else error.detail or error.code
    if _NAMES.isdisjoint(text.partition(" ")[0]):
        text = text[:1].upper() + text[1:]
    return text + ("" if text.endswith((".", "…")) else ".")


@contextmanager
def sentences(*, json: bool) -> Iterator[None]:
    """Whatever goes wrong inside ends the command with its sentence and exit code 2. Nothing is tried again."""
    # Here, not above: the manual opens without loading PKCS#11.
    from api.errors import CentreError
    from certificates.errors import CertificateError
    from hsm.errors import TokenError
    from signer.errors import AgentError

    try:
        yield
    except (AgentError, CentreError, CertificateError, TokenError) as error:
        stop(error.code, sentence_of(error), json=json)
    except OSError as error:
        stop("file", f"{error.filename or 'The file'}: {error.strerror}.", json=json)
