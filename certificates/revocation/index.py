"""Looking up one hash among millions: exactly, in about a microsecond, in less memory than the hashes themselves.

For each scope and hash type there is a table of three parts:

    entries   the hashes, ascending, 16 bytes each
    offsets   for each value of the hashes' first bits, where its entries begin: 4 bytes, little-endian
    tails     4 bytes of each hash, from where the offsets leave off

A look-up reads two offsets and searches the few tails between them; only where a tail is equal (a revoked certificate,
or one in ten million others) does it read the entry, which decides. With a file behind it the entries stay on the disk.
"""

import mmap
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from certificates.cbor import CborError, decode_item
from certificates.cose import KID_SIZE
from certificates.errors import CertificateError, CheckError, CheckReason
from certificates.revocation.hashes import HASH_SIZE, HashType, hashes_of

if TYPE_CHECKING:
    from certificates.checking import CheckedCertificate

MAGIC: Final = b"VXREVOC1"
HEAD_SIZE: Final = len(MAGIC) + 8  # the position of the directory follows, little-endian
PREFIX_SIZE: Final = 4  # bytes that hold a hash's first bits
OFFSET_SIZE: Final = 4
TAIL_SIZE: Final = 4
MAX_BITS: Final = 24
_MAX_ITEMS: Final = 2_000_000  # of CBOR in the directory: six for each signer and hash type
_PREFIX: Final = struct.Struct(">I").unpack_from
_BOUNDS: Final = struct.Struct("<II").unpack_from  # an offset and the next one


class Table:
    """The hashes of one scope and type: ``count`` of them at ``start`` in ``data``, parted by their first ``bits``."""

    __slots__ = ("_data", "_entries", "_offsets", "_shift", "_tail", "_tails", "count", "end", "in_memory")

    def __init__(self, data: bytes | mmap.mmap, start: int, count: int, bits: int) -> None:
        self._data = data
        self._entries = start
        self._offsets = start + count * HASH_SIZE
        self._tails = self._offsets + ((1 << bits) + 1) * OFFSET_SIZE
        self._shift = 8 * PREFIX_SIZE - bits
        self._tail = bits // 8
        self.count = count
        self.end = self._tails + count * TAIL_SIZE
        self.in_memory = self.end - self._offsets
        """Bytes that look-ups read all over: everything but the entries."""

    def __contains__(self, entry: bytes) -> bool:
        """Whether this hash of 16 bytes is among them, exactly."""
        data, tails, start = self._data, self._tails, self._tail
        (prefix,) = _PREFIX(entry)
        first, last = _BOUNDS(data, self._offsets + (prefix >> self._shift) * OFFSET_SIZE)
        end = tails + last * TAIL_SIZE
        tail = entry[start : start + TAIL_SIZE]
        found = data.find(tail, tails + first * TAIL_SIZE, end)
        while found >= 0:
            number, within = divmod(found - tails, TAIL_SIZE)
            place = self._entries + number * HASH_SIZE
            if not within and data[place : place + HASH_SIZE] == entry:
                return True
            found = data.find(tail, found + 1, end)
        return False


class RevocationIndex:
    """Every hash that one version of the list has in force. Made by `certificates.revocation.building`.

    Attributes:
        version: of the list.
        issued_at: of the list.
        expires_at: of the list: when a newer one is due. Whoever checks decides what an old list is worth.
    """

    def __init__(self, data: bytes | mmap.mmap, path: Path | None = None) -> None:
        """``path``: of the file that ``data`` is. Raises CertificateError ``index-form``."""
        self._data = data
        self._path = path
        self._tables: dict[bytes | str | None, tuple[tuple[HashType, Table], ...]] = {}
        try:
            if data[: len(MAGIC)] != MAGIC:
                raise _malformed("this is no revocation index")
            place = int.from_bytes(data[len(MAGIC) : HEAD_SIZE], "little")
            self.version, issued_at, expires_at, tables = decode_item(data[place:], most=_MAX_ITEMS)
            self.issued_at = datetime.fromtimestamp(issued_at, UTC)
            self.expires_at = datetime.fromtimestamp(expires_at, UTC)
            for scope, hash_type, start, count, bits in tables:
                self._add(_key(scope), HashType(hash_type), _table(data, place, start, count, bits))
        except (CborError, ValueError, TypeError, OverflowError, OSError) as error:
            raise _malformed("the revocation index is broken: build it again") from error

    @classmethod
    def open(cls, path: Path) -> "RevocationIndex":
        """Use an index file where it lies. Close the index before another one takes the file's place on Windows.

        Raises:
            CertificateError: ``index-missing`` (it cannot be read), ``index-form``.
        """
        try:
            with path.open("rb") as file:
                return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), path.absolute())
        except ValueError as error:  # an empty file
            raise _malformed("the revocation index is empty: build it again") from error
        except OSError as error:
            raise CertificateError("index-missing", f"{path} cannot be read") from error

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: the file, which the two then share, or the bytes."""
        return (RevocationIndex.open, (self._path,)) if self._path else (RevocationIndex, (self._data,))

    def close(self) -> None:
        """Let go of the file; the index is of no use afterwards."""
        if isinstance(self._data, mmap.mmap):
            self._data.close()

    def __len__(self) -> int:
        return sum(table.count for tables in self._tables.values() for _, table in tables)

    @property
    def in_memory(self) -> int:
        """Bytes that look-ups keep in memory where a file holds the rest."""
        return sum(table.in_memory for tables in self._tables.values() for _, table in tables)

    def table(self, scope: bytes, hash_type: HashType) -> Table | None:
        """The hashes of one scope (see `certificates.revocation.lists.Group`) and type."""
        return dict(self._tables.get(_key(scope), ())).get(hash_type)

    def check(self, checked: "CheckedCertificate") -> None:
        """Raises CheckError REVOKED if one of the certificate's hashes is here, for its signer or its country."""
        signer = checked.signer
        for scope in (*checked.kids, signer.country or checked.claims.issuer):
            for hash_type, table in self._tables.get(scope, ()):
                for entry in hashes_of(checked, hash_type):
                    if entry in table:
                        raise CheckError(CheckReason.REVOKED, f"its {hash_type.value} hash is on the revocation list")

    def _add(self, key: bytes | str, hash_type: HashType, table: Table) -> None:
        self._tables[key] = (*self._tables.get(key, ()), (hash_type, table))


def _key(scope: bytes) -> bytes | str:
    """A kid as it is, a country as the text that a certificate gives: nothing is converted at a look-up."""
    return scope if len(scope) == KID_SIZE else str(scope, "ascii")


def _table(data: bytes | mmap.mmap, place: int, start: Any, count: Any, bits: Any) -> Table:
    """The table that a directory at ``place`` names, which must end before it."""
    if type(start) is type(count) is type(bits) is int and start >= HEAD_SIZE and count > 0 and 0 <= bits <= MAX_BITS:
        table = Table(data, start, count, bits)
        if table.end <= place:
            return table
    raise _malformed("the revocation index is cut off: build it again")


def _malformed(detail: str) -> CertificateError:
    return CertificateError("index-form", detail)
