"""The service as an operator runs it: several processes on PostgreSQL, watched, counted, and stopped with care."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.databases import postgres
from tests.support.road import VAXSEAL, free_port

Start = Callable[..., "Served"]


class Served:
    """A running `vaxseal serve`."""

    def __init__(self, folder: Path, lines: str) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        config = folder / "vaxseal.toml"
        ports = f'port = {self.port}\nmetrics_port = {self.metrics_port}\ndata = "{folder / "data"}"\n'
        config.write_text(ports + lines)
        self.log = folder / "log"
        mine = {name: value for name, value in os.environ.items() if not name.startswith("VAXSEAL_")}
        self.environment = {**mine, "VAXSEAL_CONFIG": str(config)}
        subprocess.run([*VAXSEAL, "admin", "init"], env=self.environment, check=True, capture_output=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*VAXSEAL, "serve"], env=self.environment, stderr=log)
        self.until(lambda: self.get("/readyz").status_code == 200)

    def get(self, path: str, port: int | None = None) -> Any:
        return httpx2.get(f"http://127.0.0.1:{port or self.port}{path}", trust_env=False)

    def metrics(self) -> dict[str, float]:
        lines = self.get("/metrics", self.metrics_port).text.splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}

    def children(self) -> set[int]:
        """The processes that serve, by what they inherited."""
        found = set()
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            found |= set(map(int, (task / "children").read_text().split()))
        return {one for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()}

    def until(self, come: Callable[[], object]) -> None:
        for _ in range(600):
            try:
                if come():
                    return
            except (httpx2.TransportError, OSError):
                pass
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(60)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Served] = []

    def begin(lines: str = "") -> Served:
        running.append(Served(tmp_path, lines))
        return running[-1]

    yield begin
    for one in running:
        if one.process.poll() is None:
            one.stop()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes as Linux shows them")
def test_several_processes_one_of_them_killed_and_all_of_them_stopped(start: Start) -> None:
    address = postgres().address(postgres().new_database()).replace("+psycopg", "")
    served = start(f'workers = 2\ndatabase_url = "{address}"\n')
    served.until(lambda: len(served.children()) == 2)
    for _ in range(20):
        assert served.get("/healthz").json() == {"status": "ok"}
    before = served.children()
    counted = 'vaxseal_requests_total{method="GET",route="/healthz",status="200"}'
    assert served.metrics()[counted] == 20  # of both processes
    os.kill(min(before), signal.SIGKILL)
    served.until(lambda: len(served.children() - before) == 1)
    for _ in range(20):
        served.until(lambda: served.get("/healthz").status_code == 200)
    found = served.metrics()
    assert found[counted] >= 40  # what the dead one counted is not lost
    assert found["vaxseal_database_up"] == 1
    assert served.get("/metrics").status_code == 404
    children = served.children()
    assert served.stop() == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)
