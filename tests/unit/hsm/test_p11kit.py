"""What p11-kit's configuration names."""

from pathlib import Path

import pytest

from hsm import p11kit
from hsm.p11kit import configured_modules


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("mine", "theirs", "lib"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(p11kit, "_FOLDERS", (str(tmp_path / "mine"), str(tmp_path / "theirs"), str(tmp_path / "none")))
    monkeypatch.setattr(p11kit, "_MODULE_FOLDERS", (str(tmp_path / "lib"),))
    monkeypatch.setattr(p11kit, "_PROXIES", (str(tmp_path / "lib/p11-kit-proxy.so"),))
    for name in ("vendor.so", "other.so", "p11-kit-trust.so", "p11-kit-proxy.so"):
        (tmp_path / "lib" / name).write_bytes(b"")
    return tmp_path


def configure(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.module").write_text(text, encoding="utf-8")


def test_modules_by_name_and_by_path(folder: Path) -> None:
    configure(folder / "theirs", "vendor", "# a comment: no\nmodule: vendor.so\n")
    configure(folder / "theirs", "other", f"module: {folder / 'lib/other.so'}\n")
    configure(folder / "theirs", "gone", "module: gone.so\n")
    configure(folder / "theirs", "empty", "nothing\n")
    assert list(configured_modules()) == [
        ("other", folder / "lib/other.so"),
        ("vendor", folder / "lib/vendor.so"),
    ]


def test_the_users_file_replaces_the_systems_of_the_same_name(folder: Path) -> None:
    configure(folder / "mine", "vendor", "module: other.so\n")
    configure(folder / "theirs", "vendor", "module: vendor.so\n")
    assert list(configured_modules()) == [("vendor", folder / "lib/other.so")]


def test_trusted_cas_are_no_tokens(folder: Path) -> None:
    configure(folder / "theirs", "p11-kit-trust", "module: p11-kit-trust.so\n")
    configure(folder / "theirs", "anchors", "module: vendor.so\ntrust-policy: yes\n")
    assert list(configured_modules()) == []


@pytest.mark.parametrize("line", ["x-init-reserved: configdir='sql:/db'", "remote: |ssh host p11-kit remote x.so"])
def test_what_only_p11_kit_can_load_is_asked_through_its_proxy(folder: Path, line: str) -> None:
    configure(folder / "theirs", "nss", f"module: vendor.so\n{line}\n")
    assert list(configured_modules()) == [("p11-kit", folder / "lib/p11-kit-proxy.so")]
