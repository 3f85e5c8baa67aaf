"""The machine around a home: Python and its packages, room, rights and the clock."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from orchestration.dbt import PROJECT_DIR
from orchestration.doctor.finding import Finding
from orchestration.home import WAREHOUSE
from orchestration.landing.files import all_arrival_days
from orchestration.ledger import Ledger, LedgerError

FOLDERS = ("landing", "lake", "ledger", "outbox", "reports", "dagster")
LEAST_BYTES = 1 << 30
LEAST_FILES = 10_000
"""Room for new files below which a night is at risk."""
_TOLD = 5
_INSTALL = "rm -f .venv/.ready && make .venv/.ready"


def versions(home: Path) -> Iterator[Finding]:
    """Python, the packages that are needed, and whether a newer quarterhour has worked in the home."""
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        yield Finding(f"this is Python {sys.version.split()[0]}", "use Python 3.11, 3.12 or 3.13: make .venv")
    for told in _wrong_packages(installed=_Installed(), needed=requires("quarterhour") or []):
        yield Finding(told, f"in the folder of the project: {_INSTALL}")
    made_by, here = _issued_by(home), version("quarterhour")
    if made_by and Version(made_by) > Version(here):
        told = f"the home's last document was issued by quarterhour {made_by}, this is {here}"
        yield Finding(told, f"install {made_by} or a later one; an older one may not read what it wrote")


class _Installed:
    """The version of each distribution; None where it is not installed."""

    def get(self, name: str) -> str | None:
        """The version, if any."""
        try:
            return version(name)
        except PackageNotFoundError:
            return None


def _wrong_packages(installed: "_Installed | Mapping[str, str]", needed: list[str]) -> Iterator[str]:
    for requirement in map(Requirement, needed):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = installed.get(requirement.name)
        if found is None:
            yield f"the package {requirement.name} is not installed"
        elif not requirement.specifier.contains(found, prereleases=True):
            yield f"the package {requirement.name} is {found}, needed is {requirement.specifier}"


def _issued_by(home: Path) -> str | None:
    """The version that issued the last document."""
    try:
        entries = Ledger(home).entries()
    except LedgerError:
        return None  # told by its own check
    codes = [entry.inputs.get("code", "") for entry in entries]
    return next((code.partition("+")[0] for code in reversed(codes) if code), None)


def extras(home: Path) -> Iterator[Finding]:
    """What is not needed to bill, and missed by somebody."""
    from reports.pdf import missing  # noqa: PLC0415  # slow to load

    told = missing()
    if told:
        yield Finding(told, "documents are made as HTML and CSV all the same", is_note=True)
    if find_spec("dagster_webserver") is None:
        yield Finding("Dagster's web interface is not installed", _INSTALL, is_note=True)
    if not (PROJECT_DIR / "target").is_dir():
        yield Finding("the SQL is not compiled; the next run does it", "make lint", is_note=True)


def permissions(home: Path) -> Iterator[Finding]:
    """Folders in which this user cannot work."""
    for name in ("", *FOLDERS):
        refused = [path for path in _folders(home / name, deep=bool(name)) if not _is_ours(path)]
        for path in refused[:_TOLD]:
            yield Finding(
                f"{path} cannot be read, or written to, by this user",
                f"chown -R {_user()} {path}, or chmod u+rwX {path}; and run as one user only",
            )
        if len(refused) > _TOLD:
            yield Finding(f"so are {len(refused) - _TOLD} more below {home / name}", "the same for them")


def _folders(folder: Path, *, deep: bool) -> Iterator[Path]:
    if folder.is_dir():
        yield folder
        for root, names, _ in os.walk(folder) if deep else ():
            yield from (Path(root, name) for name in names)


def _is_ours(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def _user() -> str:
    return f"{os.geteuid()}"


def space(home: Path) -> Iterator[Finding]:
    """Room for a night: it builds a second warehouse, and writes anew what late files touch."""
    free, room = shutil.disk_usage(home).free, os.statvfs(home)
    warehouse = home / WAREHOUSE
    lake = sum(path.stat().st_size for path in (home / "lake").rglob("*.parquet"))
    need = max(LEAST_BYTES, 2 * (warehouse.stat().st_size if warehouse.exists() else 0) + lake // 10)
    remedy = (
        "make room: `quarterhour retain --raw-days 400` drops old raw rows, "
        f"and {home / 'dagster' / 'storage'} may be emptied"
    )
    if free < need:
        yield Finding(f"{free:,} bytes are free for {home}; a night may need {need:,}", remedy)
    if room.f_files and room.f_favail < LEAST_FILES:
        yield Finding(f"only {room.f_favail:,} more files fit on the disk of {home}", remedy)


def clock(home: Path, now: datetime | None = None) -> Iterator[Finding]:
    """A clock that lies before what has arrived."""
    today = (now or datetime.now(UTC)).date()
    days = [day for day in all_arrival_days(home / "landing") if day > today + timedelta(days=1)]
    if days:
        yield Finding(
            f"the clock says {today}, but files lie in landing/*/{days[-1]}",
            "set the clock (`timedatectl`), or move the files to the day on which they arrived",
        )
