"""What all pages share, once per site: the stylesheet, the scripts, and the library that draws charts."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from orchestration.console.files import File

FOLDER = "assets"


def assets() -> Iterator[File]:
    """The files of `assets/`."""
    for found in sorted((files("reports") / "static").iterdir(), key=lambda each: each.name):
        if found.name.endswith((".css", ".js")):
            yield File(f"{FOLDER}/{found.name}", found.read_bytes())
    yield File(f"{FOLDER}/vega.js", vega())


@cache
def vega() -> str:
    """Vega, Vega-Lite and Vega-Embed of vl-convert, in a scope of their own; they give `vegaEmbed`."""
    import vl_convert  # noqa: PLC0415  # 60 MB: only when a site is rendered

    return f"(()=>{{{vl_convert.javascript_bundle('globalThis.vegaEmbed=vegaEmbed;')}}})();\n"
