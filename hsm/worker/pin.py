"""How long a PIN lives, and when it may be given again."""

from hsm.pins import PinCallback, check_pin
from hsm.worker.messages import wipe


class BatchPin:
    """The PIN of one batch. Kept from the moment at which the token took it until the batch ends.

    A kept PIN opens a token again that was pulled out in between. One that the token refused, or of which it never
    said that it is right, is not kept: then a person is asked, each time.
    """

    def __init__(self, ask: PinCallback) -> None:
        self._ask = ask
        self._kept: bytearray | None = None
        self._given: bytearray | None = None

    def __repr__(self) -> str:
        return "BatchPin()"

    @property
    def in_doubt(self) -> bool:
        """A person gave a PIN, and no token has said that it is right."""
        return self._given is not None

    def give(self) -> bytearray:
        """A copy to send and overwrite: the kept PIN, else what the person says now. Raises PinForm."""
        if self._kept is not None:
            return bytearray(self._kept)
        self.drop()
        self._given = bytearray(check_pin(self._ask()), "ascii")
        return bytearray(self._given)

    def taken(self) -> None:
        """The token took the PIN that was given last."""
        if self._given is not None:
            self._kept, self._given = self._given, None

    def forget(self) -> None:
        """The batch ended, or the token refused."""
        if self._kept is not None:
            wipe(self._kept)
            self._kept = None
        self.drop()

    def drop(self) -> None:
        """What was given last and not taken is of no use any more."""
        if self._given is not None:
            wipe(self._given)
            self._given = None
