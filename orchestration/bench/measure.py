"""What a program took: each runs in a process of its own, so that its memory and its start are its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orchestration.errors import RunError

_SAMPLE_SECONDS = 0.02
_LOOKS = 200
"""Of a program that takes long, it is looked at once in so many parts of the time that it took so far."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_STDERR_LINES = 12


@dataclass(frozen=True)
class Measured:
    """One run of a program: `startup_seconds` until it was ready to work, then its work.

    `cpu_seconds` are user and system time of the work, where the program can tell; `peak_bytes` is the
    largest resident memory of the process with all its children; `told` is what the program says of itself.
    """

    startup_seconds: float
    seconds: float
    cpu_seconds: float | None
    peak_bytes: int
    told: dict[str, Any]


def run_program(
    name: str, arguments: Mapping[str, Any], environ: Mapping[str, str] | None = None
) -> Measured:
    """Runs one of `orchestration.bench.programs`."""
    return _run([sys.executable, "-m", "orchestration.bench.programs", name], arguments, environ)


def run_script(python: str, script: Path, arguments: Mapping[str, Any]) -> Measured:
    """Runs a script that speaks as our programs do, under another interpreter."""
    return _run([python, str(script)], arguments, None)


def _run(command: list[str], arguments: Mapping[str, Any], environ: Mapping[str, str] | None) -> Measured:
    with TemporaryDirectory(prefix="bench-") as folder:
        asked, answer, log = (Path(folder) / name for name in ("asked.json", "answer.json", "log"))
        asked.write_text(json.dumps(arguments))
        with log.open("wb") as output:
            began = time.time()
            process = subprocess.Popen(
                [*command, str(asked), str(answer)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environ or {})},
            )
            peak = _peak_until_end(process)
        if process.returncode or not answer.exists():
            said = "\n".join(log.read_text(errors="replace").splitlines()[-_STDERR_LINES:])
            raise RunError(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
        told = json.loads(answer.read_text())
    return Measured(
        startup_seconds=told.pop("ready_at") - began,
        seconds=told.pop("seconds"),
        cpu_seconds=told.pop("cpu_seconds", None),
        peak_bytes=max(peak, told.pop("peak_bytes", 0)),
        told=told,
    )


def _peak_until_end(process: "subprocess.Popen[bytes]") -> int:
    """The largest memory that a process and its children held together, by looking at it again and again.

    More rarely the longer it takes: to look takes time from what is measured.
    """
    peak, began = 0, time.monotonic()
    while process.poll() is None:
        peak = max(peak, sum(_resident(pid) for pid in _family(process.pid)))
        time.sleep(max(_SAMPLE_SECONDS, (time.monotonic() - began) / _LOOKS))
    return peak


def _family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue  # ended while we looked
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def own_peak_bytes() -> int:
    """The largest resident memory of this process so far, as the kernel counted it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
