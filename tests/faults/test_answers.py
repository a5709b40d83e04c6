"""Every PKCS#11 error at every call: a typed error or success, and the next signature works."""

from collections import Counter
from typing import Final

import pytest

from certificates.pki import SigningCertificate, verify_signature
from hsm.errors import TokenError
from hsm.worker.key import WorkerKey
from tests.faults.conftest import Many, Tell, open_behind
from tests.support.proxy import CALLS, SIZE_QUERY, Fault, What
from tests.support.softhsm import GoldenToken

ERRORS: Final = {
    "CKR_HOST_MEMORY": 0x02,
    "CKR_SLOT_ID_INVALID": 0x03,
    "CKR_GENERAL_ERROR": 0x05,
    "CKR_FUNCTION_FAILED": 0x06,
    "CKR_ARGUMENTS_BAD": 0x07,
    "CKR_DEVICE_ERROR": 0x30,
    "CKR_DEVICE_MEMORY": 0x31,
    "CKR_DEVICE_REMOVED": 0x32,
    "CKR_KEY_HANDLE_INVALID": 0x60,
    "CKR_OBJECT_HANDLE_INVALID": 0x82,
    "CKR_OPERATION_ACTIVE": 0x90,
    "CKR_PIN_LEN_RANGE": 0xA2,
    "CKR_SESSION_HANDLE_INVALID": 0xB3,
    "CKR_TOKEN_NOT_PRESENT": 0xE0,
    "CKR_USER_ALREADY_LOGGED_IN": 0x100,
    "CKR_USER_NOT_LOGGED_IN": 0x101,
    "CKR_BUFFER_TOO_SMALL": 0x150,
    "CKR_CRYPTOKI_NOT_INITIALIZED": 0x190,
    "CKR_VENDOR_DEFINED": 0x80000001,
}
PLACES: Final = (*CALLS, SIZE_QUERY)
OTHERS: Final[tuple[What, ...]] = ("delay", "drop-before", "drop-after", "short", "empty")


def exercise(key: WorkerKey) -> bytes:
    """A use of the key that makes every call: the module anew, log-in, search, signature."""
    key._restart_module()
    key.reopen()
    return key.sign(b"a signature under a fault")


@pytest.mark.parametrize("name", PLACES)
def test_every_error_at_this_call(proxied, token: GoldenToken, many: Many, tell: Tell, name: str) -> None:  # type: ignore[no-untyped-def]
    proxy, counts = proxied(token), Counter[str]()
    dsc = SigningCertificate.from_der(token.certificate_der)
    with open_behind(proxy, token) as key, key.batch():
        for rv in ERRORS.values():
            for times in range(1, 1 + many(1, 3)):
                proxy.meet(Fault(call=name, what="error", rv=rv, times=times))
                counts["cells"] += 1
                try:
                    assert verify_signature(dsc, b"a signature under a fault", exercise(key))
                    counts["signed"] += 1
                except TokenError as error:
                    counts[error.code] += 1
                assert proxy.met, "the call was not made"
                proxy.meet(None)
                assert verify_signature(dsc, b"next", key.sign(b"next")), hex(rv)
    tell(f"{name}: {counts.pop('cells')} errors, each a typed error or success, then a good signature: {dict(counts)}")


@pytest.mark.parametrize("what", OTHERS)
def test_every_call_lost_late_or_cut_short(proxied, token: GoldenToken, many: Many, tell: Tell, what: What) -> None:  # type: ignore[no-untyped-def]
    proxy, counts = proxied(token), Counter[str]()
    dsc = SigningCertificate.from_der(token.certificate_der)
    places = [name for name in PLACES if what != "empty" or name in ("C_Sign", SIZE_QUERY)]
    with open_behind(proxy, token) as key, key.batch():
        for name in places:
            for skip in range(many(1, 3)):
                proxy.meet(Fault(call=name, what=what, skip=skip, seconds=0.01))
                counts["cells"] += 1
                try:
                    assert verify_signature(dsc, b"a signature under a fault", exercise(key))
                    counts["signed"] += 1
                except TokenError as error:
                    counts[error.code] += 1
                proxy.meet(None)
                assert verify_signature(dsc, b"next", key.sign(b"next")), name
    tell(f"{what}: {counts.pop('cells')} calls, each a typed error or success, then a good signature: {dict(counts)}")
