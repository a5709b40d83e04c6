"""The play: a small province, from dirty spreadsheets to checked passports, each step by the program that does it."""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import Engine, func, select

from api.identity.attestation import attest
from api.server import open_store
from api.states import RecordState
from api.store.schema import records
from certificates.uvci import file_name
from hsm.modules import find_softhsm
from vaxseal.demo.chain import Chain, build_chain
from vaxseal.demo.errors import DemoError
from vaxseal.demo.folder import DemoFolder
from vaxseal.demo.holders import Holder, fetch_all, find_holders
from vaxseal.demo.lists import Lists
from vaxseal.demo.outcome import Outcome, read_outcome
from vaxseal.demo.processes import Commands, free_port
from vaxseal.demo.province import MINISTRY, PROVINCE, STATIONS, Province, Unit, make_province
from vaxseal.demo.screen import Screen

Mode = Literal["two-tier", "station"]
CLERK: Final = "lan.tran"
SIGNER: Final = "hung.nguyen"
OFFICER: Final = "minh.le"
OPERATOR: Final = "operator"
QUOTA: Final = 100_000  # confirmations of one demo station that count on one day


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The result: counts, and how fast.

    ``revoked`` names the passport that was revoked in the end; ``holder`` is one whose passport is good.
    """

    url: str
    province: Province
    outcome: Outcome
    damaged_reason: str
    checked: dict[str, int]
    revoked: str
    signing: list[dict[str, Any]]
    rates: dict[str, float]
    holder: Holder | None


class Play:
    """One run. Every method is one act; `run` is their order."""

    def __init__(self, folder: DemoFolder, *, mode: Mode, people: int, seed: int, screen: Screen) -> None:
        self._folder = folder
        self._mode = mode
        self._people = people
        self._seed = seed
        self._screen = screen
        self._port = free_port()
        self._url = f"http://127.0.0.1:{self._port}"
        self._data = folder.work / "service"
        self._log = folder.work / "service.log"
        self._signing: list[dict[str, Any]] = []
        self.commands = Commands(
            folder.work,
            {
                "VAXSEAL_DATA": str(self._data),
                "VAXSEAL_MODE": mode,
                "VAXSEAL_CENTRE_URL": self._url,
                "VAXSEAL_ISSUER": "SPECIMEN Bộ Y tế",
                "VAXSEAL_LIST_ROOTS": str(folder.list_root),
                "VAXSEAL_PUBLICATION_HOURS": "0",  # nobody waits a day for a demo; the service logs it
                "VAXSEAL_REQUESTS_PER_MINUTE": "1000000",  # here one machine plays every citizen
                "VAXSEAL_PKCS11_MODULE": str(find_softhsm().resolve()),
            },
        )

    @contextlib.contextmanager
    def run(self) -> Iterator[Played]:
        """Play everything; the service stays up until the block ends."""
        stage = self._screen.stage
        with stage("generate", f"inventing {self._people} people and the spreadsheets of two stations"):
            province = make_province(self._folder.station_files, people=self._people, seed=self._seed)
        with stage("tokens", "making tokens, a CSCA and the certificates under it"):
            chain = build_chain(self.commands, self._folder, self._issuers())
        with stage("centre", "setting up the centre: units and their certificates"):
            self._set_up_centre(chain)
        lists = Lists(self.commands, self._folder, chain)
        with stage("lists", "signing and publishing the checkers' lists: signers, revocations, rules"):
            lists.publish_first([chain.tokens[unit.code].certificate for unit in self._issuers()])
        engine = open_store(self._data)
        with stage("import", "importing the stations' files"):
            imports, damaged_reason = self._import(province)
        with stage("match", "asking the population register; attesting foreigners"):
            self._match(engine, province)
        with stage("slips", "printing the paper slips"):
            slips = self._folder.work / "slips.csv"
            self.commands.run("records", "slips", "--out", slips, "--by", CLERK)
        with self.commands.service(url=self._url, port=self._port, log=self._log):
            self._sign(engine, chain)
            holders = find_holders(engine, slips)
            with stage("fetch", "citizens fetch their passports and certificates", len(holders)) as advance:
                fetch_all(self._url, holders, self._folder, advance)
            with stage("check", "checking every picture, text and PDF offline"):
                lists.fetch(self._url)
                checked = self._check(lists)
            outcome = read_outcome(engine, province, imports)
            with stage("revoke", "revoking one passport, and seeing it refused by a checker a moment later"):
                revoked = lists.revoke_one(self._url, OFFICER)
            yield Played(
                url=self._url,
                province=province,
                outcome=outcome,
                revoked=revoked,
                damaged_reason=damaged_reason,
                checked=checked,
                signing=self._signing,
                rates=self._rates(),
                holder=next((one for one in holders if file_name(one.certificate_code) != revoked), None),
            )
        engine.dispose()

    def _issuers(self) -> tuple[Unit, ...]:
        """Whose keys sign passports in this mode."""
        return STATIONS if self._mode == "station" else (MINISTRY,)

    def _set_up_centre(self, chain: Chain) -> None:
        run = self.commands.run
        run("admin", "init")
        units = (MINISTRY, *STATIONS)
        for unit in units:
            above = () if unit is MINISTRY else ("--parent", MINISTRY.code)
            named = ("--name", unit.name, "--kind", unit.kind, "--province", PROVINCE, "--opened-on", "2020-01-01")
            run("admin", "add-unit", unit.code, *named, *above, "--by", OPERATOR)
        with ThreadPoolExecutor(2) as threads:  # the centre and the ministry keep lists of their own
            centre = threads.submit(self._enrol, chain)
            ministry = threads.submit(self._list_units, chain)
            centre.result()
            ministry.result()

    def _enrol(self, chain: Chain) -> None:
        for code, token in chain.tokens.items():
            self.commands.run("admin", "enrol", code, token.certificate, "--by", OPERATOR)

    def _list_units(self, chain: Chain) -> None:
        for unit in STATIONS if self._mode == "two-tier" else ():
            limits = ("--unit", unit.code, "--quota", str(QUOTA), "--file", self._ministry_list)
            self.commands.run("ministry", "units", "add", chain.tokens[unit.code].certificate, *limits)

    @property
    def _ministry_list(self) -> Path:
        return self._folder.work / "ministry-units.json"

    def _import(self, province: Province) -> tuple[dict[str, str], str]:
        """Import ids by file name, and why the damaged file was refused."""
        files = [*(file.path for file in province.files), province.damaged]
        reports = self.commands.run("records", "import", *files, "--by", CLERK, exit_codes=(0, 1))
        *whole, damaged = reports
        if any(report["state"] != "complete" for report in whole) or damaged["state"] == "complete":
            raise DemoError("import", f"the imports did not end as they should: {[r['state'] for r in reports]}")
        return {report["file"]: report["import_id"] for report in whole}, damaged["reason"]

    def _match(self, engine: Engine, province: Province) -> None:
        self.commands.run("records", "match", "--register", province.register, "--by", CLERK)
        at = datetime.now(UTC).replace(microsecond=0)
        waiting = select(records.c.record_id, records.c.unit).where(
            records.c.state == RecordState.AWAITING_MATCH.value, records.c.reason == "attestation-needed"
        )
        with engine.connect() as connection:
            foreigners = connection.execute(waiting).all()
        for record_id, unit in foreigners:
            attest(engine, record_id, document="passport", by=CLERK, unit=unit, at=at)

    def _sign(self, engine: Engine, chain: Chain) -> None:
        if self._mode == "two-tier":
            for unit in STATIONS:
                words = f"{unit.code} confirms with its {unit.key} token"
                self._agent(engine, chain, unit, "station", SIGNER, RecordState.CONFIRMED, words)
            words = f"the ministry signs passports and PDFs with its {MINISTRY.key} token"
            self._agent(engine, chain, MINISTRY, "ministry", OFFICER, RecordState.ISSUED, words)
        else:
            for unit in STATIONS:
                words = f"{unit.code} signs passports and PDFs with its {unit.key} token"
                self._agent(engine, chain, unit, "station", SIGNER, RecordState.ISSUED, words)

    def _agent(
        self, engine: Engine, chain: Chain, unit: Unit, role: str, account: str, goal: RecordState, words: str
    ) -> None:
        token = chain.tokens[unit.code]
        units = ("--units", self._ministry_list) if role == "ministry" else ()
        wanted = {RecordState.READY} if self._mode == "station" or role == "station" else {RecordState.CONFIRMED}
        own = () if role == "ministry" else (unit.code,)
        total = _count(engine, wanted, own)
        before = _count(engine, {goal}, own)
        begun, log_size = time.perf_counter(), self._log.stat().st_size
        with self._screen.stage(
            f"{'confirm' if goal is RecordState.CONFIRMED else 'sign'} {unit.code}", words, total
        ) as advance:
            answer = self.commands.run(
                *(role, "sign", "--centre", self._url, "--account", account, "--label", token.label),
                *(*units, "--all", "--yes", "--pin-stdin", "--journal", self._folder.work / "batches" / unit.code),
                token=token.config,
                answer=token.pin + "\n",
                exit_codes=(0, 1),
                tick=lambda: advance(_count(engine, {goal}, own) - before),
            )
        self._signing.append(
            {
                "unit": unit.code,
                "role": role,
                "key": unit.key,
                "counts": answer["counts"],
                "seconds": round(time.perf_counter() - begun, 2),
                "agent_seconds": answer["seconds"],
                "centre_seconds": round(_centre_seconds(self._log, log_size), 2),
            }
        )

    def _check(self, lists: Lists) -> dict[str, int]:
        """How many pictures, texts and PDFs are valid, by the check command with the checkers' bundle alone."""
        pdfs = sorted(self._folder.certificates.glob("*.pdf"))
        pictures, texts = (sorted(self._folder.passports.glob(f"*.{suffix}")) for suffix in ("png", "txt"))
        kinds = (("pdfs", pdfs[::2]), ("pdfs", pdfs[1::2]), ("pictures", pictures), ("texts", texts))
        with ThreadPoolExecutor(2) as threads:  # each thread waits for a process
            answers = list(threads.map(lists.check, (paths for _, paths in kinds)))
        counts = dict.fromkeys(("pictures", "texts", "pdfs"), 0)
        for (name, _), verdicts in zip(kinds, answers, strict=True):
            invalid = [answer for answer in verdicts if answer["verdict"] != "valid"]
            if invalid:
                raise DemoError("check", f"{len(invalid)} {name} are invalid, the first: {invalid[0]}")
            counts[name] += len(verdicts)
        return counts

    def _rates(self) -> dict[str, float]:
        """Passports a second: all in all, at the centre (by its log), and at the agents (review and signing alone)."""
        signed = [run for run in self._signing if self._mode == "station" or run["role"] == "ministry"]
        passports = sum(run["counts"]["accepted"] for run in signed)
        spent = Counter[str]()
        for run in signed:
            spent.update(run["agent_seconds"])
        return {
            "all": _rate(passports, spent["all"]),
            "centre": _rate(passports, sum(run["centre_seconds"] for run in signed)),
            "agent": _rate(passports, spent["review"] + spent["sign"]),
        }


def _rate(count: int, seconds: float) -> float:
    return round(count / seconds, 1) if seconds > 0 else 0.0


def _centre_seconds(log: Path, beginning: int) -> float:
    """Seconds that the service spent on signing requests, by its log from the byte ``beginning``."""
    total = 0.0
    with log.open("rb") as file:
        file.seek(beginning)
        for line in file:
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                if str(entry.get("path")).startswith("/v1/signing/"):
                    total += entry["milliseconds"] / 1000
    return total


def _count(engine: Engine, states: set[RecordState], units: tuple[str, ...]) -> int:
    query = select(func.count()).select_from(records).where(records.c.state.in_([state.value for state in states]))
    if units:
        query = query.where(records.c.unit.in_(units))
    with engine.connect() as connection:
        return connection.execute(query).scalar_one()
