"""Options that several commands share: each has one name, one meaning and one wording."""

import getpass
from pathlib import Path
from typing import Annotated, Literal

import typer

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]

# the service
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", envvar="VAXSEAL_DATA", metavar="DIR", help="The service's data folder. Default: var/service."
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", envvar="VAXSEAL_CONFIG", metavar="FILE", help="Settings in TOML. The environment and options win."
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="ACCOUNT",
        default_factory=getpass.getuser,
        show_default=False,
        help="Who answers for it, for the log. Default: the system's user.",
    ),
]
Register = Annotated[
    str | None,
    typer.Option(
        "--register",
        metavar="URL|FILE",
        help="The register: https address, or CSV of id,name,dob,sex,status. Default: VAXSEAL_REGISTER_ADDRESS.",
    ),
]
Unit = Annotated[str | None, typer.Option("--unit", metavar="CODE", help="Only this unit.")]

# a token
Module = Annotated[
    Path | None,
    typer.Option(
        "--module", envvar="VAXSEAL_PKCS11_MODULE", metavar="PATH", help="The token's PKCS#11 module. Default: search."
    ),
]
Serial = Annotated[str | None, typer.Option("--token", metavar="SERIAL", help="Which token, by its serial number.")]
Label = Annotated[str | None, typer.Option("--label", metavar="LABEL", help="Which token, by its label.")]
Certificate = Annotated[
    str | None,
    typer.Option(
        "--certificate",
        metavar="FINGERPRINT|PEM",
        help="Which certificate of the token's key. Default: the one that the centre knows.",
    ),
]
PinStdin = Annotated[
    bool, typer.Option("--pin-stdin", help="Read PINs from standard input, one a line, in the order of the prompts.")
]
LastTry = Annotated[bool, typer.Option("--last-try", help="Use the last try of the PIN before the token locks.")]

# an agent at work
Centre = Annotated[str, typer.Option("--centre", metavar="URL", help="The centre's address; log-ins are bound to it.")]
Account = Annotated[str, typer.Option("--account", metavar="NAME", help="Who works at the token.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, metavar="N", help="Records in one batch.")]
Everything = Annotated[bool, typer.Option("--all", help="Batch after batch, until nothing waits.")]
Mode = Annotated[
    Literal["two-tier", "station"],
    typer.Option(
        "--mode",
        envvar="VAXSEAL_MODE",
        metavar="MODE",
        help="How the deployment works: two-tier or station. The centre cannot change it.",
    ),
]
JournalDir = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        metavar="DIR",
        help="Where unfinished batches are kept, encrypted. Default: this user's state folder.",
    ),
]
ListRoots = Annotated[
    Path | None,
    typer.Option(
        "--list-roots",
        envvar="VAXSEAL_LIST_ROOTS",
        metavar="PEM",
        help="Sign passports only while the centre's lists, signed below this root, trust the certificate.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Sign without asking.")]

# a token of the ministry, where a command may as well work in the database
AtCentre = Annotated[
    str | None,
    typer.Option(
        "--centre", metavar="URL", help="Work over HTTPS at this centre, with a token of the ministry: no database."
    ),
]
AsAccount = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help="Who works at the token, with --centre.")
]

# signed lists
Pinned = Annotated[
    list[Path], typer.Option("--root", metavar="PEM", help="A pinned root of list signers; may be repeated.")
]
