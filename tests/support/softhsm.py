"""Real tokens in SoftHSM for tests: an EC and an RSA token with DSCs, and the token of their CSCA.

SoftHSM is one library with one token directory a process: the fixture fixes it for the whole test worker.
"""

import itertools
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certificates.profiles import DscProfile, Subject, issue_csca, issue_dsc
from hsm import softhsm
from hsm.errors import ModuleNotFound
from hsm.keys import TokenKey, open_bare_key, open_key
from hsm.modules import find_softhsm
from hsm.provisioning import KeyKind, generate_key, init_token, random_pin, store_certificate
from hsm.requests import RequestSubject, make_csr
from hsm.sessions import load
from hsm.tokens import TokenSelector

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenToken:
    """A token with one key. ``certificate_der`` is empty where it has no certificate yet."""

    module: Path
    serial: str
    label: str
    pin: str
    so_pin: str
    certificate_der: bytes = b""

    @property
    def selector(self) -> TokenSelector:
        return TokenSelector(serial=self.serial)

    def open(self, *, at: datetime | None = None) -> TokenKey:
        return open_key(self.module, self.selector, lambda: self.pin, at=at)

    def open_bare(self) -> TokenKey:
        return open_bare_key(self.module, self.selector, lambda: self.pin)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenTokens:
    """``ec`` and ``rsa`` hold DSCs of ``csca``; all say SPECIMEN. ``directory`` holds softhsm2.conf and tokens/."""

    module: Path
    directory: Path
    csca: GoldenToken
    ec: GoldenToken
    rsa: GoldenToken

    def new_token(self, kind: KeyKind | None = None, *, label: str | None = None) -> GoldenToken:
        """Another token, with a key when ``kind`` is given, in the same directory."""
        return make_token(self.module, kind, label=label)

    def new_dsc(self, token: GoldenToken, *, not_before: datetime | None = None, unit: str = "T01") -> bytes:
        """A DSC of ``csca`` for the key of a token; not stored on it."""
        with token.open_bare() as key:
            request = make_csr(
                key, RequestSubject(common_name="Trạm Y tế", organisation="Trạm Y tế xã Thử", unit_code=unit)
            )
        start = not_before or datetime.now(UTC) - timedelta(hours=1)
        with self.csca.open() as csca:
            return issue_dsc(request, csca, csca.certificate_der, DscProfile(specimen=True), not_before=start)


def copy_tokens(tokens: GoldenTokens, folder: Path, *wanted: GoldenToken) -> dict[str, str]:
    """A SoftHSM directory of its own with these tokens, for another process (SoftHSM loses signatures when several
    share one), as the environment that leads there."""
    config = softhsm.write_config(folder)
    for path in (tokens.directory / "tokens").iterdir():
        if path.name.replace("-", "").endswith(tuple(token.serial for token in wanted)):
            shutil.copytree(path, folder / "tokens" / path.name)
    return {softhsm.ENVIRONMENT_VARIABLE: str(config)}


def softhsm_module() -> Path:
    """The SoftHSM of this machine, or the test is skipped."""
    try:
        return find_softhsm()
    except ModuleNotFound:
        pytest.skip("SoftHSM is not installed (apt install softhsm2): tests with tokens left out")


def make_token(module: Path, kind: KeyKind | None = None, *, label: str | None = None) -> GoldenToken:
    """Initialise a token and make a key on it."""
    pin, so_pin = random_pin(), random_pin()
    name = label or f"token {next(_numbers)}"
    serial = init_token(module, label=name, so_pin=so_pin, pin=pin).serial
    token = GoldenToken(module=module, serial=serial, label=name, pin=pin, so_pin=so_pin)
    if kind is not None:
        generate_key(module, token.selector, lambda: pin, kind)
    return token


def build(directory: Path) -> GoldenTokens:
    """Point this process at a new SoftHSM directory and make the three tokens in it."""
    module = softhsm_module()
    softhsm.use_config(directory)
    load(module).restart()  # it may have been initialised with another directory before
    now = datetime.now(UTC)
    bare = make_token(module, "EC", label="golden csca")
    with bare.open_bare() as key:
        csca_der = issue_csca(
            key,
            public_key_der=key.public_key_der,
            subject=Subject(common_name="CSCA Health", organisation="Bộ Y tế"),
            not_before=now - timedelta(days=30),
            specimen=True,
        )
    csca = _with_certificate(bare, csca_der)
    tokens = GoldenTokens(module=module, directory=directory, csca=csca, ec=csca, rsa=csca)
    made = []
    for number, kind in enumerate(("EC", "RSA"), start=1):
        token = make_token(module, "EC" if kind == "EC" else "RSA", label=f"golden {kind.lower()}")
        made.append(_with_certificate(token, tokens.new_dsc(token, unit=f"T{number:02}")))
    return GoldenTokens(module=module, directory=directory, csca=csca, ec=made[0], rsa=made[1])


def _with_certificate(token: GoldenToken, der: bytes) -> GoldenToken:
    store_certificate(token.module, token.selector, lambda: token.pin, der)
    return GoldenToken(
        module=token.module,
        serial=token.serial,
        label=token.label,
        pin=token.pin,
        so_pin=token.so_pin,
        certificate_der=der,
    )


@pytest.fixture(scope="session")
def golden_tokens(tmp_path_factory: pytest.TempPathFactory) -> GoldenTokens:
    """One SoftHSM directory with the three tokens, for all tests of a worker. Import it into a conftest to use it."""
    return build(tmp_path_factory.mktemp("softhsm"))
