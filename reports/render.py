"""Pages as text: a dataclass in, HTML out. The templates know no query and no arithmetic."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from types import CodeType
from typing import Any

import jinja2
from jinja2.bccache import Bucket

from reports import formats, marked, names
from reports.annex_rows import AnnexRows
from reports.document_rows import DocumentRows
from reports.line_sections import LineSections
from reports.locales import NEUTRAL, Formats, formats_of
from reports.models import Frame
from reports.models.documents import Document


def issued_page(document: Document, lines_page: str = "", list_page: str = "") -> str:
    """A document, whole in one file: what is printed, mailed and kept; a draft says that it is one.

    In the console its lines lead to the page that tells where they come from, and it leads itself back to
    the list that it is in.
    """
    wording = formats_of(document.locale)
    return _render(
        "document.html.jinja", wording, document=document, lines_page=lines_page, list_page=list_page
    )


def console_page(template: str, frame: Frame, **values: Any) -> str:
    """A page of an account's console, in the account's locale."""
    return _render(template, frame.account.formats, frame=frame, **values)


def operator_page(template: str, **values: Any) -> str:
    """A page about several accounts: in English without a country."""
    return _render(template, formats_of(NEUTRAL), **values)


def _render(template: str, wording: Formats, **values: Any) -> str:
    return _environment(wording).get_template(template).render(**values)


class _CompiledOnce(jinja2.BytecodeCache):
    """Templates' code for the environments of all locales: compiling takes longer than many pages."""

    def __init__(self) -> None:
        self._codes: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Jinja compiles what is not here yet."""
        bucket.code = self._codes.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what it has compiled."""
        assert bucket.code
        self._codes[bucket.key] = bucket.code


_COMPILED = _CompiledOnce()


@cache
def _environment(wording: Formats) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
        optimized=False,  # it would write into the code what a locale's filter makes of a constant
    )
    environment.filters |= {
        "number": wording.number,
        "counted": wording.counted,
        "money": wording.money,
        "price": wording.price,
        "unit_price": wording.unit_price,
        "exact_price": wording.exact_price,
        "percent": wording.percent,
        "day": wording.day,
        "weekday": wording.weekday,
        "short_day": wording.short_day,
        "month": wording.month,
        "instant": wording.instant,
        "metric": formats.metric,
        "folder": names.month_folder,
        **marked.filters(wording),
    }
    environment.globals |= {
        "period": wording.period,
        "charge": formats.charge,
        "direction": wording.direction,
        "locale_tag": wording.tag,
        "words": wording,
        "sections": LineSections(wording),
        "rows": DocumentRows(wording),
        "annex_rows": AnnexRows(wording),
        **_style(),
    }
    return environment


@cache
def _style() -> dict[str, str]:
    """The stylesheets that stand in pages: of the pages before the console, and of documents.

    The content security policy of a page lets in its own by its hash, and nothing else.
    """
    styles = {"stylesheet": ("static", "site.css"), "paper": ("templates", "document.css")}
    found: dict[str, str] = {}
    for name, (folder, file) in styles.items():
        css = (files("reports") / folder / file).read_text(encoding="utf-8").strip()
        digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
        found |= {name: css, f"{name}_hash": f"sha256-{digest}"}
    return found
