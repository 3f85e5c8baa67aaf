"""`make audit`: whether what is installed is what the lock says, whole, and under licences that are known.

All of it is checked here, without a network. Known vulnerabilities are looked up only where `pip-audit` is
installed beside (`pip install pip-audit`) and its database answers; what could not be checked is said.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
OWN = {"pip", "quarterhour"}
"""What is in an environment beside the lock: its own installer, and the project in place."""
PERMISSIVE = re.compile(
    r"MIT|MIT-0|MIT-CMU|Apache|BSD|0BSD|ISC|PSF|Python Software Foundation|CNRI-Python|Zlib|CC0|Unlicense"
    r"|MPL|Mozilla Public License|Artistic",
    re.IGNORECASE,
)
COPYLEFT = re.compile(r"GPL|General Public License|EUPL|SSPL|BUSL|CDDL|EPL", re.IGNORECASE)
DECIDED = {
    "polars-hash": "names none; the LICENSE in its repository is that of MIT",
    "pyphen": "one of three licences to choose from; we take MPL 1.1 (an extra: pdf)",
    "text-unidecode": "one of two licences to choose from; we take the Artistic License",
}
"""Licences that were looked at, and why they bind us to nothing."""


def pinned(lock: str) -> dict[str, str]:
    """The version of each distribution that the lock names for this machine; every line must have hashes."""
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", lock.replace("\\\n", " ")):
        asked, *hashes = re.split(r"\s+--hash=", entry.strip())
        if not hashes or not all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in hashes):
            raise SystemExit(f"{LOCK.name}: not a version with hashes: {entry[:80]}")
        requirement = Requirement(asked)
        if requirement.marker is None or requirement.marker.evaluate():
            found[normal(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return found


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def differing(lock: Mapping[str, str], installed: Mapping[str, str]) -> Iterator[str]:
    """Where the versions installed are not what the lock says."""
    for name, version in installed.items():
        if name in lock and version != lock[name]:
            yield f"{name} is {version}, the lock says {lock[name]}"
        elif name not in lock:
            yield f"{name} {version} is installed, but is not in the lock"
    for name in lock.keys() - installed.keys():
        yield f"{name} is in the lock, but is not installed"


def tampered(every: Sequence[Distribution]) -> Iterator[str]:
    """Files that are not what any distribution delivered; several may deliver one, and the last one wins."""
    due: dict[Path, set[str]] = defaultdict(set)
    for its in every:
        if its.files is None:
            yield f"{its.metadata['Name']}: has no record of its files"
        for file in its.files or ():
            if file.hash is not None:
                due[Path(os.path.normpath(str(file.locate())))].add(f"{file.hash.mode}={file.hash.value}")
    for path, hashes in due.items():
        if not path.exists():
            yield f"{path} is missing"
        elif not any(_digest(path, each.partition("=")[0]) == each for each in hashes):
            yield f"{path} was changed"


def _digest(path: Path, mode: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.new(mode, path.read_bytes()).digest())
    return f"{mode}={digest.rstrip(b'=').decode()}"


def licence_of(its: Distribution) -> str:
    """What a distribution says of its licence, in a few words; else how the licence beside it begins."""
    said = its.metadata
    classes = [each for each in said.get_all("Classifier", []) if each.startswith("License ::")]
    named = " or ".join(each.rpartition(" :: ")[2] for each in classes)
    return said.get("License-Expression") or named or _first_line(said.get("License")) or _beside(its)


def _beside(its: Distribution) -> str:
    files = [file for file in its.files or () if re.match("LICEN[CS]E", file.name, re.IGNORECASE)]
    return _first_line(files[0].read_text()) if files else ""


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0][:60]


def doubtful(its: Distribution) -> str | None:
    """Why a licence must be looked at; None where it was or need not be."""
    name, licence = normal(its.metadata["Name"]), licence_of(its)
    if name in DECIDED:
        return None
    if COPYLEFT.search(licence):
        return f"{name}: {licence}: copyleft, to be looked at"
    return (
        None if PERMISSIVE.search(licence) else f"{name}: licence {licence or 'not named'}: to be looked at"
    )


def unmet() -> list[str]:
    """What `pip check` says of versions that do not go together."""
    ran = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    return ran.stdout.splitlines() if ran.returncode else []


def vulnerable() -> tuple[list[str], str | None]:
    """Known vulnerabilities, and what could not be looked up if so."""
    if find_spec("pip_audit") is None:
        return [], "pip-audit is not installed"
    asked = ["--disable-pip", "--no-deps", "-r", str(LOCK), "--progress-spinner=off", "--format=json"]
    command = [sys.executable, "-m", "pip_audit", *asked]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        return known_of(json.loads(ran.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return [], "the database did not answer"


def known_of(answers: Sequence[Mapping[str, Any]]) -> tuple[list[str], str | None]:
    """What the database says of each distribution, and how many it does not know."""
    unknown = sum("skip_reason" in each for each in answers)
    flaws = [
        f"{each['name']} {each['version']}: {flaw['id']}, mended in {' or '.join(flaw['fix_versions'])}"
        for each in answers
        for flaw in each.get("vulns", ())
    ]
    return flaws, f"the database does not know {unknown} of {len(answers)}" if unknown else None


def report(title: str, findings: list[str], held: str) -> int:
    """Prints a check; how much it found."""
    print(f"{title}: {f'{len(findings)} found' if findings else held}")
    for finding in findings:
        print(f"  {finding}")
    return len(findings)


def main() -> None:
    """Every check, and what was left unchecked; 1 where something was found."""
    lock = pinned(LOCK.read_text())
    named = [its for its in distributions() if normal(its.metadata["Name"]) not in OWN]
    versions = {normal(its.metadata["Name"]): its.version for its in named}
    files = sum(file.hash is not None for its in named for file in its.files or ())
    found = report("versions", sorted(differing(lock, versions)), f"{len(named)} as the lock says")
    found += report("files", list(tampered(named)), f"{files:,} as they were delivered")
    found += report("requirements", unmet(), "all met")
    doubts = [told for its in named if (told := doubtful(its))]
    found += report("licences", doubts, f"{len(named)} known")
    for name, why in DECIDED.items():
        print(f"  {name}: {why}")
    flaws, unchecked = vulnerable()
    found += report("vulnerabilities", flaws, f"NOT CHECKED: {unchecked}" if unchecked else "none known")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
