"""Where a machine of the ministry has its list of units: a file of its own, or a signed list that it follows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vaxseal.state import SeenVersions

if TYPE_CHECKING:
    from certificates.bundle_folder import Get
    from signer.client import CentreClient
    from signer.unit_source import UnitSource
    from signer.units import EnrolledUnits

CENTRE: Final = "centre"


@dataclass(slots=True, kw_only=True)
class UnitPlace:
    """The list for one sitting or worker.

    Attributes:
        path: a JSON file, or with ``pinned`` the folder of a signed list.
        source: where a newer signed list is looked for: `CENTRE`, an address, a folder; None: nowhere.
        pinned: DER; without it the file is of this machine alone.
        state: where the highest version is remembered, beside the folder itself.
    """

    path: Path
    source: str | None = None
    pinned: tuple[bytes, ...] = ()
    state: Path | None = None
    _source: "UnitSource | None" = field(default=None, init=False)

    @property
    def count_file(self) -> Path:
        """The count of the day."""
        return self.path.with_suffix(".count.json")

    def check(self) -> None:
        """Before anybody types a PIN; a signed list may come only after the log-in. Raises AgentError."""
        from signer.errors import AgentError
        from signer.units import EnrolledUnits

        if not self.pinned:
            EnrolledUnits.load(self.path)
        elif self.source is None:
            with self._followed(None) as source:
                source.current()
        else:
            with self._followed(None) as source, suppress(AgentError):
                source.current()

    def current(self, client: "CentreClient", say: Callable[[str], None]) -> "EnrolledUnits":
        """The units now; ``say`` is told the code of what keeps newer ones away. Raises AgentError."""
        from signer.units import EnrolledUnits

        if not self.pinned:
            return EnrolledUnits.load(self.path)
        with self._followed(client) as source:
            before = source.trouble
            found = source.current()
            if source.trouble is not None and source.trouble != before:
                say(source.trouble)
            return found

    @contextmanager
    def _followed(self, client: "CentreClient | None") -> "Iterator[UnitSource]":
        from certificates.pki import fingerprint
        from certificates.unit_list import UNIT_LIST
        from signer.unit_source import UnitSource

        remembered, names = SeenVersions(self.state, json=False), list(map(fingerprint, self.pinned))
        source = self._source
        if source is None:
            seen = remembered.highest(UNIT_LIST.name, names)
            source = UnitSource(folder=self.path, pinned=self.pinned, seen=seen)
            self._source = source if client is not None else None
        source.get = self._reader(client)
        yield source
        remembered.remember(UNIT_LIST.name, names, source.seen)

    def _reader(self, client: "CentreClient | None") -> "Get | None":
        from signer.ministry_calls import MinistryCalls
        from vaxseal.bundles import list_reader

        if self.source is None or (self.source == CENTRE and client is None):
            return None
        if self.source == CENTRE:
            assert client is not None  # noqa: S101 - by the line above
            return MinistryCalls(client).units_reader()
        address = self.source

        def get(name: str, largest: int) -> bytes:
            with list_reader(address) as read:
                return read(name, largest)

        return get
