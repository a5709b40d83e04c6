import json

import pytest

from api.errors import CentreError
from certificates.errors import CertificateError, CheckError, CheckReason, IssuanceError
from hsm.errors import TokenError, TokenNotFound
from signer.errors import AgentError
from vaxseal.sentences import sentence_of, sentences


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (AgentError("centre-unreachable", "The centre does not answer."), "The centre does not answer."),
        (CentreError("unit-unknown", "there is no unit X"), "There is no unit X."),
        (CentreError("unit-unknown"), "Unit-unknown."),
        (IssuanceError("csr-form", "the file is no request"), "The file is no request."),
        (IssuanceError("file", "lists/bundle.cbor cannot be read"), "lists/bundle.cbor cannot be read."),
        (CheckError(CheckReason.KID), "KID."),
        (TokenNotFound("no token is plugged in…"), "No token is plugged in…"),
        (TokenNotFound(), "Token-not-found."),
    ],
)
def test_every_family_has_a_sentence(
    error: AgentError | CentreError | CertificateError | TokenError, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence_of(error) == sentence
    with pytest.raises(SystemExit) as ended, sentences(json=True):
        raise error
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out) == {"error": error.code, "detail": sentence}


def test_a_file_that_cannot_be_read_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, sentences(json=False):
        raise FileNotFoundError(2, "No such file or directory", "x.pem")
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", "x.pem: No such file or directory.\n")


def test_a_fault_of_our_own_is_no_sentence() -> None:
    with pytest.raises(ZeroDivisionError), sentences(json=True):
        raise ZeroDivisionError
