"""`make soak`: a year of nights, each through the real job, then the whole year once more from its landing.

Nights run in this process, every thirtieth as a command of its own. A second call goes on where the last one
stopped. At the end time and size must have stayed flat, the ledger be whole, and a rebuild from landing into
an empty home give the same marts. The figures stand in `nights.jsonl` and `soak.svg` of the soak's folder.
"""

import argparse
import shutil
import sys
from pathlib import Path

from tests.soak.judging import grown, ledger_faults, rebuilt_otherwise
from tests.soak.nights import nights_of, set_days, soak, use
from tests.soak.year import NIGHTS, generate_year

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Soaks as far as it is not done yet; the exit code says whether all held."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "soak")
    parser.add_argument("--nights", type=int, default=NIGHTS)
    asked = parser.parse_args()
    folder: Path = asked.folder.resolve()
    home = prepare(folder, asked.nights)
    for night in soak(folder, home, asked.nights):
        told = f"night {night.number + 1:>3} {night.day} {night.seconds:6.1f} s {night.home_mb:7.1f} MB"
        print(f"{told} {night.files:>6} files{'  as a command' if night.is_command else ''}", flush=True)
    from tests.soak.chart import svg

    nights = nights_of(folder)
    (folder / "soak.svg").write_text(svg(nights))
    faults = [*grown(nights), *ledger_faults(home), *rebuilt_otherwise(folder, home)]
    print("\n".join(faults) or "all held")
    sys.exit(bool(faults))


def prepare(folder: Path, nights: int) -> Path:
    """The logs of so many nights, and an empty home beside them."""
    home = folder / "home"
    use(home)
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        generate_year(folder / "source", nights)
        home.mkdir(parents=True)
        set_days(home, nights)
        (folder / "ready").touch()
    return home


if __name__ == "__main__":
    main()
