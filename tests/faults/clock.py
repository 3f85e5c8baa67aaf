"""A machine whose clock is wrong: a small library gives a process another one."""

import shutil
import subprocess

from tests.faults.fault import SkippedError
from tests.faults.homes import Home, ended, started

SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long back(void) { const char *s = getenv("CLOCK_BACK"); return s ? atol(s) : 0; }
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


def clock_jumps_back(home: Home) -> str:
    """The machine comes up with a clock of years ago, then with one of last week."""
    if not shutil.which("cc"):
        raise SkippedError("no C compiler, by which a process can be given another clock")
    shim = home.path.with_name("clock.so")
    built = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(shim), "-ldl"]
    subprocess.run(built, input=SHIM, text=True, check=True, capture_output=True)
    toml = home.path / "quarterhour.toml"
    kept = toml.read_text()
    toml.write_text("".join(line for line in kept.splitlines(keepends=True) if "last_day" not in line))
    years, week = (str(days * 86_400) for days in (3650, 7))
    ran = ended(started(home.path, environ={"LD_PRELOAD": str(shim), "CLOCK_BACK": years}))
    assert ran.code == 2, ran.said
    assert "by the clock of this machine" in ran.said, ran.said
    said = ran.said
    toml.write_text(kept)
    ran = ended(started(home.path, environ={"LD_PRELOAD": str(shim), "CLOCK_BACK": week}))
    assert ran.code == 0, ran.said
    return said
