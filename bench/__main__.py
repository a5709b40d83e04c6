"""``make bench``: the table, or with ``--json`` the figures. ``--only WORD``: the rows whose name holds the word."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import material
from bench.harness import Result, show
from bench.native import NotHereError
from bench.rows import ROWS, Bench
from certificates.profiles import DscProfile, Subject, issue_csca, issue_dsc, issue_list_signer
from hsm.keys import open_bare_key
from hsm.modules import find_softhsm
from hsm.provisioning import KeyKind, generate_key, init_token, random_pin, store_certificate
from hsm.requests import RequestSubject, make_csr
from hsm.softhsm import use_config
from hsm.tokens import TokenSelector

_SUMMARY = Path("var/demo/summary.json")


def make_tokens() -> material.Tokens:
    """A CSCA, an EC and an RSA token with DSCs, in a throw-away SoftHSM directory."""
    folder = Path(tempfile.mkdtemp(prefix="vaxseal-bench-"))
    use_config(folder)
    module, pin = find_softhsm(), random_pin()
    before = material.NOW - timedelta(days=1)
    kinds: tuple[tuple[str, KeyKind], ...] = (("CSCA", "EC"), ("EC", "EC"), ("RSA", "RSA"))
    for name, kind in kinds:
        init_token(module, label=f"bench-{name}", so_pin=random_pin(), pin=pin)
        generate_key(module, TokenSelector(label=f"bench-{name}"), lambda: pin, kind)
    certificates = {}
    with open_bare_key(module, TokenSelector(label="bench-CSCA"), lambda: pin) as csca_key:
        csca = issue_csca(
            csca_key,
            public_key_der=csca_key.public_key_der,
            subject=Subject(common_name="Bench CSCA", organisation="Bench"),
            not_before=before,
            specimen=True,
        )
        profile = DscProfile(specimen=True)
        for name in ("RSA", "EC"):
            with open_bare_key(module, TokenSelector(label=f"bench-{name}"), lambda: pin) as key:
                request = make_csr(key, RequestSubject(common_name=f"Bench {name}", organisation="Bench"))
            certificates[name] = issue_dsc(request, csca_key, csca, profile, not_before=before)
            list_signer = issue_list_signer(request, csca_key, csca, profile, not_before=before)
            store_certificate(module, TokenSelector(label=f"bench-{name}"), lambda: pin, certificates[name])
    return material.Tokens(
        folder=folder, module=module, pin=pin, certificates=certificates, root=csca, list_signer=list_signer
    )


def read_demo(summary: Path) -> dict[str, Any] | None:
    """What the last demo measured of itself, if there was one."""
    answer: dict[str, Any] | None = json.loads(summary.read_text(encoding="utf-8")) if summary.is_file() else None
    return answer


def run_demo() -> dict[str, Any]:
    """Play the demo into a throw-away folder, for its measurements."""
    print("no demo was run here yet: playing it", file=sys.stderr)
    command = [sys.executable, "-m", "vaxseal", "demo", "--json", "--out", tempfile.mkdtemp(prefix="vaxseal-bench-")]
    done = subprocess.run(command, capture_output=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="figures instead of the table")
    parser.add_argument("--only", default="", metavar="WORD", help="rows whose function name holds WORD")
    options = parser.parse_args()
    bench = Bench(make_tokens(), material.verified_records(500))
    results: list[Result] = []
    for row in ROWS:
        if options.only not in row.__name__:
            continue
        try:
            for result in row(bench):
                results.append(result)
                print(f"{result.stage}: {result.ratio:.2f}", file=sys.stderr)
        except NotHereError as reason:
            print(f"left out, {row.__name__}: {reason}", file=sys.stderr)
    demo = read_demo(_SUMMARY) if options.only else read_demo(_SUMMARY) or run_demo()
    if options.json:
        machine = {"python": platform.python_version(), "processor": platform.machine(), "cores": os.cpu_count()}
        print(json.dumps({"machine": machine, "rows": [result.to_dict() for result in results], "demo": demo}))
        return 0
    show(results)
    if demo is None:
        return 0
    figures = {key: demo[key] for key in ("seconds", "certificates_per_second", "peak_memory_mb")}
    print("The demo:", json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
