"""Pages as PDF, by WeasyPrint: HTML in, bytes out, the same bytes for the same page (I2).

WeasyPrint is the extra `pdf`, and finds Pango on the machine. Where either is missing there are no PDFs, and
`missing()` says what to install.
"""

import logging
from functools import cache
from typing import Any, Literal, NoReturn

Paper = Literal["A4", "Letter"]

# CLDR, supplemental data, paperSize: everywhere else it is A4.
_LETTER = frozenset(["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"])


class PdfError(RuntimeError):
    """A page that cannot be made into a PDF, or nothing to make it with."""


def missing() -> str | None:
    """What to install before there can be PDFs, in one line; None where nothing is missing."""
    found = _weasyprint()
    return found if isinstance(found, str) else None


def pdf(html: str, paper: Paper = "A4") -> bytes:
    """A page as it prints. It fetches nothing; its dates are those of the page, never of the clock.

    Raises PdfError where WeasyPrint is missing or fails.
    """
    weasyprint = _weasyprint()
    if isinstance(weasyprint, str):
        raise PdfError(weasyprint)
    sheet = weasyprint.CSS(string=f"@page {{ size: {paper} }}", url_fetcher=_fetch_nothing)
    try:
        page = weasyprint.HTML(string=html, base_url=None, url_fetcher=_fetch_nothing)
        made: bytes = page.write_pdf(stylesheets=[sheet], pdf_tags=True)
    except Exception as error:  # of any of its many parts: the caller goes on without this one
        raise PdfError(f"WeasyPrint failed: {type(error).__name__}: {error}") from error
    return made


def paper_of(territory: str | None) -> Paper:
    """The paper that a country prints on, by its ISO code."""
    return "Letter" if territory in _LETTER else "A4"


@cache
def _weasyprint() -> Any:
    """The library, or what to install."""
    try:
        import weasyprint  # noqa: PLC0415  # an extra, and slow to load
    except ModuleNotFoundError as error:
        if error.name != "weasyprint":
            raise
        return "no PDFs: WeasyPrint is not installed: pip install 'quarterhour[pdf]'"
    except OSError as error:  # a library of the system
        return (
            "no PDFs: WeasyPrint does not find Pango: apt install libpango-1.0-0 libpangoft2-1.0-0 "
            f"libharfbuzz-subset0 ({str(error).splitlines()[0]})"
        )
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of every rule that is for screens
    return weasyprint


def _fetch_nothing(url: str, *_: object, **__: object) -> NoReturn:
    raise PdfError(f"a document fetches nothing, not even {url}")
