"""A machine whose clock is wrong: a small library gives processes another one, which can be set meanwhile."""

import os
import shutil
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from tests.faults.fault import NotWholeError, SkippedError
from tests.faults.homes import BEFORE, NIGHT, Home, Ran, ended, started
from tests.orchestration.runs import bytes_of

SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long back(void) {
  char told[32] = {0}; int kept = errno, file = open(getenv("CLOCK"), O_RDONLY);
  if (file < 0 || read(file, told, sizeof told - 1) <= 0) _exit(99);
  close(file); errno = kept; return atol(told);
}
int clock_gettime(clockid_t id, struct timespec *ts) {
  int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
  int code = real(id, ts);
  if (!code && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) ts->tv_sec -= back();
  return code;
}
int gettimeofday(struct timeval *tv, void *zone) {
  struct timespec ts; int code = clock_gettime(CLOCK_REALTIME, &ts);
  tv->tv_sec = ts.tv_sec; tv->tv_usec = ts.tv_nsec / 1000; return code;
}
time_t time(time_t *out) {
  struct timespec ts; clock_gettime(CLOCK_REALTIME, &ts);
  if (out) *out = ts.tv_sec; return ts.tv_sec;
}
"""


class Clock:
    """The clock of the processes that are given `environ`; files keep the times of the machine's own."""

    def __init__(self, folder: Path):
        if not shutil.which("cc"):
            raise SkippedError("no C compiler, by which a process can be given another clock")
        self._back, shim = folder / "clock", folder / "clock.so"
        built = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(shim), "-ldl"]
        subprocess.run(built, input=SHIM, text=True, check=True, capture_output=True)
        self.environ = {"LD_PRELOAD": str(shim), "CLOCK": str(self._back)}

    def set(self, to: datetime) -> None:
        """What it shows from now on, also to processes that run."""
        beside = self._back.with_suffix(".new")
        beside.write_text(str(round((datetime.now(UTC) - to).total_seconds())))
        os.replace(beside, self._back)


def clock_jumps_back(home: Home) -> str:
    """The clock shows years ago, then the day before the night, then falls back by a week in the night.

    No `last_day` is set, so days end with the clock. It falls back as soon as the night has the home, before
    anything is read. What the night has done is compared here, as the next run could mend it.
    """
    clock = Clock(home.path.parent)
    toml = home.path / "quarterhour.toml"
    kept = toml.read_text()
    toml.write_text("".join(line for line in kept.splitlines(keepends=True) if "last_day" not in line))
    before = bytes_of(home.path / "lake"), bytes_of(home.path / "ledger")

    clock.set(at_two(NIGHT) - timedelta(days=3650))
    said = _refused(_run(home, clock), "by the clock of this machine")
    clock.set(at_two(BEFORE))
    _refused(_run(home, clock, "--date", str(NIGHT)), f"{NIGHT} lies outside", "the clock of this machine")
    _run(home, clock)
    assert (bytes_of(home.path / "lake"), bytes_of(home.path / "ledger")) == before, "a day was taken early"

    clock.set(at_two(NIGHT + timedelta(days=1)))
    process = started(home.path, "run", environ=clock.environ)
    home.wait_for("start", process)
    assert not home.is_in("ingest"), "the night had read files before the clock was set"
    clock.set(at_two(NIGHT - timedelta(days=6)))
    ran = ended(process)
    assert ran.code == 0, ran.said
    assert f"running {NIGHT} to {NIGHT}" in ran.said, ran.said
    _require_whole(home)

    again = _run(home, clock)  # the clock is still wrong
    assert again.code == 0, again.said
    _require_whole(home)
    toml.write_text(kept)
    return said


def at_two(day: date) -> datetime:
    """02:00 UTC, when nights begin."""
    return datetime.combine(day, time(2), UTC)


def _require_whole(home: Home) -> None:
    if found := home.faults():
        raise NotWholeError(found)


def _run(home: Home, clock: Clock, *options: str) -> Ran:
    return ended(started(home.path, "run", *options, environ=clock.environ))


def _refused(ran: Ran, *told: str) -> str:
    assert ran.code == 2, ran.said
    assert all(each in ran.said for each in told), ran.said
    return ran.said
