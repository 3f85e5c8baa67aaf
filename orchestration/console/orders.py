"""Orders & invoices, and for Enterprise accounts their statements (doc, I5)."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.console.batches import Batches
from orchestration.console.document_files import document_files
from orchestration.console.files import File, Share
from orchestration.console.reading import Row, grouped
from orchestration.settings.loading import load_settings_of
from reports import exports, pdf, render
from reports.models import Account, Frame, Role
from reports.models.orders import Billed, Movement, Order, OrdersPage, Wallet, WalletMonth

SHOWN_MOVEMENTS = 2_000
"""Movements on a page, newest first, whole months of an app; all of them are in its file."""

_BILLED = """
    select
        invoices.*,
        corrected.invoice_number as corrects_number,
        coalesce(
            invoices.due_date
            < cast(timezone(coalesce(sellers.zone, 'UTC'), int_watermark.watermark_at) as date),
            false
        ) as is_late,
        coalesce(usage.billing_sessions, 0) as billing_sessions,
        coalesce(usage.voice_sessions, 0) as voice_sessions
    from invoices
    cross join int_watermark
    left join sellers on invoices.seller_id = sellers.seller_id
    left join invoices as corrected on invoices.corrects_invoice_id = corrected.invoice_id
    left join usage_account_monthly as usage
        on
            invoices.account_id = usage.account_id
            and invoices.invoice_month = usage.usage_month_date
            and invoices.document_class = 'month'
    where invoices.has_lines
    order by
        invoices.account_id,
        invoices.issue_date desc nulls first,
        invoices.invoice_month desc,
        invoices.invoice_number desc,
        invoices.invoice_id
"""
_ORDERS = """
    select
        orders.*,
        apps.app_name,
        invoices.document_class,
        invoices.invoice_month
    from orders
    left join apps on orders.account_id = apps.account_id and orders.app_id = apps.app_id
    left join invoices on orders.invoice_id = invoices.invoice_id
    order by orders.account_id, orders.order_date desc, orders.order_id desc
"""
_WALLETS = """
    select
        wallets.*,
        apps.app_name
    from wallets
    left join apps on wallets.account_id = apps.account_id and wallets.app_id = apps.app_id
    order by
        wallets.account_id, lower(coalesce(apps.app_name, wallets.app_id)), wallets.app_id, wallets.currency
"""
_MOVEMENTS = """
    select
        account_id,
        app_id,
        currency,
        movement_date,
        movement_kind,
        credit_kind,
        month_date,
        amount,
        cast(
            sum(amount) over (
                partition by account_id, app_id, currency
                order by
                    movement_date, movement_kind desc, credit_id nulls last, month_date, document_number,
                    amount
                rows unbounded preceding
            ) as decimal(18, 4)
        ) as balance,
        document_number
    from wallet_movements
    where list_contains(?::varchar[], account_id)
    order by
        account_id, app_id, currency,
        movement_date, movement_kind desc, credit_id nulls last, month_date, document_number, amount
"""


class Orders:
    """The orders, documents and balances of all accounts."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection, share: Share | None = None):
        share = share or Share.whole(warehouse)
        self._root = home / "reports"
        self._warehouse = warehouse
        self._wants_pdfs = load_settings_of(home).pdf
        self._billed = grouped(warehouse, _BILLED, "account_id")
        self._orders = grouped(warehouse, _ORDERS, "account_id")
        self._wallets = grouped(warehouse, _WALLETS, "account_id")
        months = "from wallet_statements order by account_id, statement_month desc"
        self._months = grouped(warehouse, months, "account_id", "app_id", "currency")
        ids = [account.account_id for account in share.accounts]
        prepaid = [account_id for account_id in ids if account_id in self._wallets]
        self._movements = Batches(prepaid, self._load_movements)

    def files(self, account: Account, role: Role) -> Iterator[File]:
        """The page, and as files what it shows; of Enterprise accounts their statements alone (I5)."""
        documents = self._root / account.folder / role / "documents"
        billed = tuple(_billed(row, documents) for row in self._billed[account.account_id])
        missing = self._missing(billed)
        frame = Frame(account, role, account.documents_file)
        if account.is_enterprise:
            page = OrdersPage((), billed, missing_pdf=missing)
            yield File(frame.file, render.console_page("console_statements.html.jinja", frame, page=page))
            return
        orders = tuple(_order(row, documents) for row in self._orders[account.account_id])
        movements = self._movements.get(account.account_id) or {}
        page = OrdersPage(orders, billed, tuple(self._wallets_of(account, movements)), missing)
        yield File(frame.file, render.console_page("console_orders.html.jinja", frame, page=page))
        if orders:
            yield File("orders.csv", exports.orders_csv(orders))
        if billed:
            yield File("invoices.csv", exports.billed_csv(billed))
        if movements:
            apps = {wallet.app_id: wallet.app_name for wallet in page.wallets}
            yield File("balance.csv", exports.movements_csv(movements, apps))

    def _missing(self, billed: tuple[Billed, ...]) -> str | None:
        """What to install where an issued document has no PDF though the operator wants it."""
        lacks_pdf = any(not each.is_draft and not each.files.has_pdf for each in billed)
        return pdf.missing() if lacks_pdf and self._wants_pdfs else None

    def _wallets_of(
        self, account: Account, movements: dict[tuple[str, str], list[Movement]]
    ) -> Iterator[Wallet]:
        left = SHOWN_MOVEMENTS
        for row in self._wallets[account.account_id]:
            key = row["app_id"], row["currency"]
            by_month: dict[date, list[Movement]] = {}
            for movement in movements.get(key, ()):
                by_month.setdefault(movement.movement_date.replace(day=1), []).append(movement)
            months = []
            for found in self._months[account.account_id, *key]:
                moved = by_month.get(found["statement_month"], [])
                left -= len(moved)
                months.append(_wallet_month(found, tuple(moved) if left >= 0 else ()))
            yield Wallet(
                app_id=row["app_id"],
                app_name=row["app_name"] or "",
                currency=row["currency"],
                balance=row["balance"],
                balance_status=row["balance_status"],
                days_left=row["days_left"],
                months=tuple(months),
            )

    def _load_movements(self, ids: Sequence[str]) -> dict[str, dict[tuple[str, str], list[Movement]]]:
        """By account, and by app and currency, with the balance after each."""
        found: dict[str, dict[tuple[str, str], list[Movement]]] = {}
        rows: list[tuple[Any, ...]] = self._warehouse.execute(_MOVEMENTS, [list(ids)]).fetchall()
        for account_id, app_id, currency, *told in rows:
            found.setdefault(account_id, {}).setdefault((app_id, currency), []).append(Movement(*told))
        return found


def _billed(row: Row, documents: Path) -> Billed:
    return Billed(
        document_id=row["invoice_id"],
        kind=row["document_kind"],
        document_class=row["document_class"],
        mart_status=row["status"],
        period_start_date=row["period_start_date"],
        period_end_date=row["period_end_date"],
        issue_date=row["issue_date"],
        due_date=row["due_date"],
        currency=row["currency"],
        total=row["total"],
        credited_amount=row["credited_amount"],
        paid_amount=row["paid_amount"],
        amount_due=row["amount_due"],
        files=document_files(row, documents),
        corrects=row["corrects_number"] or row["corrects_invoice_id"],
        is_late=row["is_late"],
        billing_sessions=row["billing_sessions"],
        voice_sessions=row["voice_sessions"],
    )


def _order(row: Row, documents: Path) -> Order:
    return Order(
        order_id=row["order_id"],
        order_date=row["order_date"],
        order_type=row["order_type"],
        app_id=row["app_id"],
        app_name=row["app_name"] or "",
        plan_name=row["plan_name"],
        amount=row["amount"],
        currency=row["currency"],
        status=row["order_status"],
        payment_method=row["payment_method"],
        comments=row["comments"],
        invoice=document_files(row, documents) if row["invoice_id"] else None,
    )


def _wallet_month(row: Row, movements: tuple[Movement, ...]) -> WalletMonth:
    return WalletMonth(
        month=row["statement_month"],
        movements=movements,
        **{
            f"{name}": row[name]
            for name in (
                "opening_balance", "free_credit_amount", "top_up_amount", "draw_amount", "return_amount",
                "lapse_amount", "credit_note_amount", "closing_balance",
            )
        },
    )  # fmt: skip
