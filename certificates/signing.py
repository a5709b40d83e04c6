"""The one thing this package asks of a key. The implementation lives in ``hsm/``."""

from typing import Literal, Protocol

Algorithm = Literal["ES256", "PS256"]


class SigningKey(Protocol):
    """One private key with one of its certificates. It signs whole messages; there is no way to hand it a hash."""

    @property
    def certificate_der(self) -> bytes: ...

    @property
    def algorithm(self) -> Algorithm: ...

    def sign(self, tbs: bytes) -> bytes:
        """Hash and sign the whole message. ES256: 64 bytes r||s. PS256: as long as the modulus."""
        ...
