"""An account's state for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from orchestration.terminal import plain

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
    """A paragraph of each model that has rows, a line of each row; what has no value is left out."""
    for model, title in TITLES.items():
        if state[model]:
            console.print(Text(title, style="bold"))
        for row in state[model]:
            told = [(name, _text(value)) for name, value in row.items() if name not in HIDDEN]
            line = ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in told if text)
            console.print(Text(f"  {line}"), soft_wrap=True)


def _text(value: object) -> str:
    """A value as it is read; the day that stands for no end is none."""
    if value is None or str(value) == FOR_EVER:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value)
