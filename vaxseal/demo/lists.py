"""The checkers' lists of the demo: signed by the officer, published by the centre, fetched and used by a checker."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vaxseal.demo.chain import Chain
from vaxseal.demo.errors import DemoError
from vaxseal.demo.folder import DemoFolder
from vaxseal.demo.processes import Commands


class Lists:
    """The officer's folder of the bundle (in ``work``), and a checker's (``lists``)."""

    def __init__(self, commands: Commands, folder: DemoFolder, chain: Chain) -> None:
        self._commands = commands
        self._folder = folder
        self._signer = chain.list_signer
        self._officers = folder.work / "lists"

    def publish_first(self, signers: Sequence[Path]) -> None:
        """A draft of the document signers, signed with Vietnam's rules, given out by the centre."""
        draft = self._folder.work / "signers.json"
        self._commands.run("lists", "build", *signers, "--csca", self._folder.csca, "--out", draft)
        self._sign_and_publish(draft, "--rules", "default", by="minh.le")

    def fetch(self, url: str) -> None:
        """The checker gets the newest version from the running service."""
        where = ("--bundle", self._folder.lists, "--state", self._state)
        self._commands.run("lists", "fetch", f"{url}/v1/lists", "--root", self._folder.list_root, *where)

    def check(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """The checker's verdicts, offline."""
        if not paths:
            return []
        lists = ("--bundle", self._folder.lists, "--root", self._folder.list_root, "--state", self._state)
        answers = self._commands.run("check", *paths, *lists, exit_codes=(0, 1))
        return answers if isinstance(answers, list) else [answers]

    def revoke_one(self, url: str, by: str) -> str:
        """A passport is revoked at the centre, the next lists say so, a checker refuses it. Gives its file's name."""
        text = sorted(self._folder.passports.glob("*.txt"))[-1]
        code = self.check([text])[0]["payload"]["v"][0]["ci"]
        self._commands.run("admin", "revoke", "--code", code, "--reason", "fraud", "--by", by, "--yes")
        draft = self._folder.work / "revocations.json"
        self._commands.run("lists", "revocations", "--out", draft, "--by", by)
        self._sign_and_publish(draft, by=by)
        self.fetch(url)
        verdict = self.check([text])[0]
        if verdict["reason"] != "REVOKED":
            raise DemoError("revoke", f"a revoked passport is not refused: {verdict['verdict']}, {verdict['reason']}")
        return text.stem

    @property
    def _state(self) -> Path:
        return self._folder.work / "checker-state"

    def _sign_and_publish(self, *what: str | Path, by: str) -> None:
        self._commands.run(
            *("lists", "sign", *what, "--root", self._folder.list_root, "--bundle", self._officers),
            *("--label", self._signer.label, "--pin-stdin"),
            token=self._signer.config,
            answer=f"{self._signer.pin}\n",
        )
        self._commands.run("lists", "publish", self._officers, "--by", by)
