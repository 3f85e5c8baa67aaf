"""An account's state for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

TITLES = {
    "accounts": "Account",
    "account_profiles": "Billing profile",
    "account_roles": "Roles",
    "apps": "Apps",
    "plan_states": "Plans",
    "auto_reloads": "Auto-reload",
    "int_orders": "Orders",
    "int_credits": "Credits",
    "int_payments": "Payments",
    "int_discounts": "Discounts",
    "int_contract_prices": "Contract prices",
    "int_commitments_set": "Commitment",
    "account_event_refusals": "Refused events",
}
HIDDEN = {"account_id", "file", "line"}
FOR_EVER = "9999-12-31"


Row = Mapping[str, Any]


def show_state(state: Mapping[str, Sequence[Row]], console: Console) -> None:
    """A table of each model that has rows; columns without a value in any row are left out."""
    for model, title in TITLES.items():
        if state[model]:
            console.print(_table(title, state[model]))


def _table(title: str, rows: Sequence[Row]) -> Table:
    told = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    names = [name for name in told if name not in HIDDEN]
    table = Table(*(name.replace("_", " ") for name in names), title=title, title_justify="left")
    for row in rows:
        table.add_row(*(Text(_text(row[name])) for name in names))
    return table


def _text(value: object) -> str:
    """A value as it is read; the day that stands for no end is none."""
    if value is None or str(value) == FOR_EVER:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
