"""Pages as text: a dataclass in, HTML out. The templates know no query and no arithmetic."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2

from reports import charts, formats, names
from reports.models import AccountPage, IndexPage, MonthPage
from reports.models.documents import IssuedDocument


def usage_page(page: MonthPage) -> str:
    """The usage of an account and month."""
    panels = charts.usage_charts(page.usage, with_agents=page.account.shows_agents)
    return _render("usage.html.jinja", page=page, file="usage.html", charts=panels)


def document_page(page: MonthPage) -> str:
    """The month's document: the draft invoice, or for Enterprise a statement without prices (I5)."""
    file = page.account.document_file
    if page.account.is_enterprise:
        return _render("statement.html.jinja", page=page, file=file)
    return _render("invoice.html.jinja", page=page, file=file, invoice=page.invoice)


def issued_page(document: IssuedDocument) -> str:
    """An issued document, whole in one file: what is printed, mailed and kept."""
    return _render("document.html.jinja", document=document)


def account_page(page: AccountPage) -> str:
    """An account's months."""
    return _render("account.html.jinja", page=page)


def index_page(page: IndexPage) -> str:
    """All accounts."""
    return _render("index.html.jinja", page=page)


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters |= {
        "number": formats.number,
        "counted": formats.counted,
        "money": formats.money,
        "unit_price": formats.unit_price,
        "day": formats.day,
        "weekday": formats.weekday,
        "month": formats.month,
        "metric": formats.metric,
        "folder": names.month_folder,
        "sparkline": charts.sparkline,
    }
    environment.globals |= {"period": formats.period, "charge": formats.charge, **_style()}
    return environment


def _style() -> dict[str, str]:
    """The stylesheet and its hash: the content security policy lets in this one and nothing else."""
    css = (files("reports") / "static" / "site.css").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    return {"stylesheet": css, "stylesheet_hash": f"sha256-{digest}"}
