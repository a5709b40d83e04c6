"""Numbers of persons in certificates: only units have certificates here, and no PDF tells a nurse's number."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cryptography import x509

# CCCD (12 digits, Decree 137/2015) and CMND (9), also in groups; no part of a longer number such as a tax code.
_DIGITS: Final = re.compile(r"(?<!\d)(?:\d{12}|\d{9})(?!\d)")
_GROUPED: Final = re.compile(r"(?<=\d)[ .\-](?=\d)")
# What Vietnamese CAs write before the number, and the types of natural persons in ETSI EN 319 412-1, 5.1.3 and 5.1.4.
_NAMED: Final = re.compile(r"(?:CCCD|CMND)\W*\d|\b(?:PNO|IDC|PAS|TIN)[A-Z]{2}-", re.IGNORECASE)


def names_person(values: Iterable[str]) -> bool:
    """Whether one of these texts carries a number of a person."""
    return any(_NAMED.search(value) or _DIGITS.search(_GROUPED.sub("", value)) for value in values)


def texts_of(certificate: x509.Certificate | x509.CertificateSigningRequest) -> tuple[str, ...]:
    """Every text of the subject and of the subject's other names (RFC 5280, 4.2.1.6), values of unknown form too."""
    found = list(_texts_of_name(certificate.subject))
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return tuple(found)
    for name in extension.value:
        if isinstance(name, x509.DirectoryName):
            found += _texts_of_name(name.value)
        else:
            value = name.value
            found.append(value.decode("latin-1") if isinstance(value, bytes) else str(value))
    return tuple(found)


def _texts_of_name(name: x509.Name) -> Iterator[str]:
    for attribute in name:
        value = attribute.value
        yield value if isinstance(value, str) else value.decode("latin-1")
