"""What can go wrong on a machine, each done for real; a fault ends where the next run can make it whole.

Each takes a home as it was before the night, spoils it or the run, sees what the operator is told, and does
what that says. It gives what was told. `SkippedError` names what this machine lacks.
"""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from orchestration.home import WAREHOUSE
from tests.faults.clock import clock_jumps_back
from tests.faults.fault import Fault, SkippedError, told
from tests.faults.homes import (
    BEFORE,
    EARLIER,
    FIRST,
    NIGHT,
    Home,
    Ran,
    ended,
    entries,
    started,
    succeed,
)

ROOT = Path(__file__).resolve().parents[2]


# The run is killed.


def killed_in(stage: str, home: Home) -> str:
    """SIGKILL as soon as the night is in a stage."""
    process = started(home.path)
    home.wait_for(stage, process)
    process.kill()
    return _told_of_kill(ended(process), home)


def killed_after(share: float, home: Home) -> str:
    """SIGKILL after a share of what the processor does for a night, counted from when it has the home.

    Counted in its work, not in seconds: that is the same on a machine that does other things too. A night
    that is over sooner than the whole one was is killed sooner.
    """
    process = started(home.path)
    home.wait_for("start", process)
    began = _worked(process)
    while process.poll() is None and _worked(process) - began < share * home.work:
        time.sleep(0.01)
    process.kill()
    ran = ended(process)
    if ran.code != 0:
        return _told_of_kill(ran, home)
    home.reset()
    return killed_after(share * 0.9, home)


def _worked(process: subprocess.Popen[str]) -> float:
    """Seconds that a processor has worked for a process, until it ends."""
    try:
        told = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return float("inf")
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _told_of_kill(ran: Ran, home: Home) -> str:
    assert ran.code == -signal.SIGKILL, ran.said
    return f"killed in {home.stage()}"


# The disk is full.


def disk_full(stage: str, home: Home) -> str:
    """The home lies on a small disk, which something else fills as soon as the night is in a stage."""
    with small_disk(home) as disk:
        process = started(home.path)
        home.wait_for(stage, process)
        ballast = disk / "ballast"
        fill(ballast)
        ran = ended(process)
        told_ = told(ran, f"The disk of {home.path} is full", "then run the same again")
        ballast.unlink()
        return told_


def fill(ballast: Path) -> None:
    """Writes until there is no space."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue


@contextmanager
def small_disk(home: Home) -> Iterator[Path]:
    """The home's folder on a disk of its own; copied back at the end."""
    disk, own = home.path.with_name(f"{home.path.name}-disk"), home.path
    disk.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "quarterhour", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        disk.rmdir()
        raise SkippedError("no small disk can be mounted: only root may, and not in every container")
    try:
        shutil.move(own, disk / "home")
        home.path = disk / "home"
        yield disk
        shutil.copytree(disk / "home", own)
        home.path = own
    finally:
        subprocess.run(["umount", str(disk)], check=False)
        disk.rmdir()


# A file of the lake is not what it was.


def cut_short(home: Home) -> str:
    """The end of a file is gone: a disk or a copy that broke off."""
    path = home.path / f"lake/stretches/{BEFORE}.parquet"
    os.truncate(path, path.stat().st_size // 2)
    return mended_as_told(home, path)


def one_byte_flipped(home: Home) -> str:
    """A bit of a number of sessions is another one; Parquet itself would not see it."""
    day = FIRST + timedelta(days=1)  # long complete: a day that is open is made again each night
    path = home.path / f"lake/billing_sessions/{day}.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    return mended_as_told(home, path)


def one_byte_of_rows_flipped(home: Home) -> str:
    """The same in rows as they arrived."""
    path = sorted((home.path / f"lake/interactions/{BEFORE}").glob("*.parquet"))[-1]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    (home.path / f"lake/stretches/{BEFORE}.parquet").unlink()  # so that they are read again
    return mended_as_told(home, path, "--date", path.stem)


def mended_as_told(home: Home, path: Path, *options: str) -> str:
    """The night fails and says what to do, and that is done."""
    remedy = " ".join(["Remove it, then make it again with: quarterhour run", *options])
    said = told(home.run(), path, "is damaged", remedy)
    path.unlink()
    ran = home.run("run", *options)
    assert ran.code == 0, ran.said
    return said


def one_bit_rots(home: Home) -> str:
    """A disk loses a bit of an old file, whose pack is what nights read: size and times stay as they were."""
    day = FIRST + timedelta(days=1)
    path = home.path / f"lake/billing_sessions/{day}.parquet"
    facts, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    ran = home.run("doctor", "--thorough")
    assert ran.code == 1, ran.said
    assert f"{path} is damaged" in ran.said or f"{path} holds other rows" in ran.said, ran.said
    remedy = "Remove it, then make it again with: quarterhour run"
    assert f"{remedy}\n" in ran.said, ran.said
    path.unlink()
    again = home.run("run")
    assert again.code == 0, again.said
    return remedy


def packs_damaged(home: Home) -> str:
    """A bit of each pack is another one: they are made of files that are whole."""
    packs = sorted((home.path / ".packs").glob("*/*.parquet"))
    assert packs
    for path in packs:
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 1
        path.write_bytes(content)
    return "nothing: the next run made them again"


def rows_deleted(home: Home) -> str:
    """The rows of a day are gone, with nobody to tell: R20 finds it."""
    path = sorted((home.path / f"lake/interactions/{BEFORE}").glob(f"{BEFORE}.parquet"))[0]
    path.unlink()
    said = told(home.run(), f"interactions/{BEFORE}/", "do not balance", "quarterhour run --date")
    ran = home.run("run", "--date", str(BEFORE))
    assert ran.code == 0, ran.said
    return said


def sessions_deleted(home: Home) -> str:
    """Files that are made of rows: the next night makes them again by itself."""
    for name in ("billing_sessions", "voice_sessions", "legs", "identities"):
        (home.path / f"lake/{name}/{BEFORE}.parquet").unlink()
    return "nothing: the next run made them again"


# Permissions.


def forbidden(home: Home) -> str:
    """A folder belongs to somebody else; the nights run here as root, but without the power to ignore it."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        raise SkippedError("only root can give files to another user, and setpriv take its powers from it")
    nobody = 65534
    folder = home.path / "lake" / "stretches"
    os.chown(folder, nobody, nobody)
    folder.chmod(0o755)
    ran = ended(started(home.path, before=("setpriv", "--bounding-set=-dac_override,-dac_read_search")))
    said = told(ran, folder, f"chown -R root {home.path}")
    os.chown(folder, 0, 0)
    return said


# What lands.


def file_grows(home: Home) -> str:
    """A sender writes a file under its own name, and is half-way when the night reads it."""
    path = home.path / f"landing/interactions/{NIGHT}/part-0.jsonl.gz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    process = started(home.path)
    home.wait_for("ingest", process)
    path.write_bytes(content)
    ran = ended(process)
    assert ran.code == 0, ran.said
    assert f"interactions/{NIGHT}/part-0.jsonl.gz" in ran.said, ran.said
    again = home.run("run")
    assert f"running {NIGHT} to {NIGHT}" in again.said, again.said
    return next(line for line in ran.said.splitlines() if line.startswith("warning: "))


def due_of_a_second_delivery(home: Home, folder: Path) -> None:
    """The first half of a file was delivered, and after the night the file."""
    shutil.copytree(home.before, folder)
    path = folder / f"landing/interactions/{NIGHT}/part-0.jsonl.gz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    succeed(folder, "run", "--date", str(NIGHT))
    path.write_bytes(content)
    succeed(folder, "run", "--date", str(NIGHT))


def two_nights_missed(home: Home) -> str:
    """The machine was off for two nights."""
    shutil.rmtree(home.path)
    until_earlier(home.whole, home.path)
    home.issued_before = entries(home.path)
    ran = home.run("run")
    assert f"running {BEFORE} to {NIGHT}" in ran.said, ran.said
    return f"running {BEFORE} to {NIGHT}"


def until_earlier(whole: Path, folder: Path) -> None:
    """A home with all its logs, in which all nights but the last two have run."""
    folder.mkdir()
    shutil.copytree(whole / "landing", folder / "landing")
    shutil.copy(whole / "quarterhour.toml", folder)
    succeed(folder, "run", "--from", str(FIRST), "--to", str(EARLIER))


def due_of_two_nights(home: Home, folder: Path) -> None:
    """One range of two days, asked for by name."""
    until_earlier(home.whole, folder)
    succeed(folder, "run", "--from", str(BEFORE), "--to", str(NIGHT))


def unknown_zone(home: Home) -> str:
    """The book names a zone that no clock knows."""
    path = home.path / f"landing/account_events/{NIGHT}/zone.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        '{"event_id": "z1", "account_id": "aurora", "type": "zone_set", "zone": "Mars/Olympus", '
        f'"occurred_at": "{NIGHT}T09:00:00Z"}}\n'
    )
    ran = home.run()
    assert ran.code == 0, ran.said
    said = (
        f"account_events/{NIGHT}/zone.jsonl:1: zone_set of aurora is refused: "
        'zone "Mars/Olympus" is not an IANA zone'
    )
    assert said in ran.said, ran.said
    path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()
    return said


def faulty_seed(home: Home) -> str:
    """A price of a published plan is no number: the marts stay, and the file is named."""
    tree = home.path.with_name(f"{home.path.name}-code")
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("orchestration", "transforms", "reports", "dbt_project"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    seed = tree / "dbt_project/seeds/plan_tiers.csv"
    lines = seed.read_text().splitlines(keepends=True)
    cells = lines[1].split(",")
    cells[5] = "0.1O"
    seed.write_text("".join([lines[0], ",".join(cells), *lines[2:]]))
    before = (home.path / WAREHOUSE).read_bytes()
    ran = ended(started(home.path, environ={"PYTHONPATH": str(tree)}))
    said = told(ran, "plan_tiers", "0.1O")
    assert (home.path / WAREHOUSE).read_bytes() == before
    shutil.rmtree(tree)
    return said


# Files of others.

CRASHING_WRITER = """
import os, signal, sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("set wal_autocheckpoint = '1GB'")
connection.execute("update invoices set total = total + 1")
connection.execute("create table leftover as select 1 as x")
os.kill(os.getpid(), signal.SIGKILL)
"""


def crashed_writer(home: Home) -> str:
    """Somebody wrote into the marts and crashed, and so did a build."""
    writer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CRASHING_WRITER), str(home.path / WAREHOUSE)], check=False
    )
    assert writer.returncode == -signal.SIGKILL
    assert (home.path / f"{WAREHOUSE}.wal").exists()
    workshop = home.path / ".building"
    workshop.mkdir()
    (workshop / WAREHOUSE).write_bytes(b"half a file")
    (workshop / f"{WAREHOUSE}.wal").write_bytes(b"and its log")
    return "nothing: the next run made them again"


def marts_cut_short(home: Home) -> str:
    """The file of the marts has lost its end."""
    path = home.path / WAREHOUSE
    os.truncate(path, path.stat().st_size // 2)
    return "nothing: the next run made them again"


def dagster_malformed(name: str, home: Home) -> str:
    """Dagster's own record is overwritten with rubbish."""
    path = home.path / "dagster" / name
    path.write_bytes(b"rubbish " * (path.stat().st_size // 8))
    said = told(home.run(), home.path / "dagster", "move that folder away", "nothing of rows, invoices")
    (home.path / "dagster").rename(home.path / "dagster.damaged")
    return said


FAULTS = [
    *(
        Fault(f"disk full in {stage}", partial(disk_full, stage))
        for stage in ("start", "ingest", "sessionize", "marts", "issue")
    ),
    Fault("a lake file cut short", cut_short),
    Fault("a byte of sessions flipped", one_byte_flipped),
    Fault("a byte of rows flipped", one_byte_of_rows_flipped),
    Fault("a bit of an old file lost, with its times as they were", one_bit_rots),
    Fault("a bit of every pack flipped", packs_damaged),
    Fault("a file of rows deleted", rows_deleted),
    Fault("files of sessions deleted", sessions_deleted),
    Fault("permission denied", forbidden),
    Fault("a landing file that grows", file_grows, due_of_a_second_delivery),
    Fault("a clock that jumps back", clock_jumps_back),
    Fault("marts of a crashed writer", crashed_writer),
    Fault("marts cut short", marts_cut_short),
    Fault("two nights missed", two_nights_missed, due_of_two_nights),
    Fault("a plan seed with an error", faulty_seed),
    Fault("a zone that does not exist", unknown_zone),
    *(
        Fault(f"a corrupt dagster/{name}", partial(dagster_malformed, name))
        for name in ("history/runs.db", "history/runs/index.db")
    ),
]
