"""Numbers, money, days and names of metrics as people read them. Money is Decimal, never float."""

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# ISO 4217: the currencies whose minor unit is not two digits.
_NO_DIGITS = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
        "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
    }
)  # fmt: skip
_THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_FOUR_DIGITS = frozenset({"CLF", "UYW"})

_METRICS = {
    "base_fee": "Base fee",
    "billing_sessions": "Billing sessions",
    "usage_sessions": "Usage sessions",
    "request_sessions": "API requests",
    "alert_sessions": "Alert sessions",
    "voice_sessions": "Voice sessions",
    "agent_seats": "Agent seats",
    "minimum_commitment": "Minimum commitment",
    "top_up": "Funds added",
    "credit": "Credit",
}

_LINES = {
    "minimum_spend": "{}: up to the minimum",
    "maximum_spend": "{}: beyond the maximum",
    "overage": "Usage beyond the commitment",
}


def number(value: int | Decimal) -> str:
    """`33043` as `33,043`; a decimal without the zeros that say nothing."""
    if isinstance(value, Decimal):
        return f"{_shortened(value, at_least=0):,f}"
    return f"{value:,d}"


def counted(value: int, singular: str, plural: str | None = None) -> str:
    """`1 row`, `2 rows`."""
    return f"{number(value)} {singular if value == 1 else plural or singular + 's'}"


def money(amount: Decimal, currency: str) -> str:
    """An amount in the currency's minor unit (P5), without the currency's name.

    An amount with digits below the minor unit is an error upstream: it is refused, never rounded here.
    """
    shown = _exact(amount).quantize(Decimal(1).scaleb(-minor_unit(currency)))
    if shown != amount:
        raise ValueError(f"{amount} {currency} has digits below the currency's minor unit")
    return f"{shown + 0:,f}"


def unit_price(price: Decimal, currency: str) -> str:
    """A price with all its digits, and at least those of the currency's minor unit."""
    return f"{_shortened(_exact(price), at_least=minor_unit(currency)) + 0:,f}"


@lru_cache(1_024)
def minor_unit(currency: str) -> int:
    """How many digits an amount of this currency has after the point."""
    digits = {0: _NO_DIGITS, 3: _THREE_DIGITS, 4: _FOUR_DIGITS}
    return next((count for count, currencies in digits.items() if currency in currencies), 2)


def day(value: date) -> str:
    """`1 Feb 1999`."""
    return f"{value.day} {_MONTHS[value.month - 1][:3]} {value.year:04d}"


def short_day(value: date) -> str:
    """`1 Feb`."""
    return f"{value.day} {_MONTHS[value.month - 1][:3]}"


def weekday(value: date) -> str:
    """`Mon`."""
    return _WEEKDAYS[value.weekday()]


def month(value: date) -> str:
    """`February 1999`."""
    return f"{_MONTHS[value.month - 1]} {value.year:04d}"


def period(start: date, end: date) -> str:
    """The half-open period [start, end) by its first and last day: `1 – 28 Feb 1999`."""
    last = end - timedelta(days=1)
    if last <= start:
        return day(start)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day} – {day(last)}"
    return f"{short_day(start) if start.year == last.year else day(start)} – {day(last)}"


@lru_cache(1_024)
def metric(value: str) -> str:
    """A metric of P1 in words."""
    return _METRICS.get(value) or value.replace("_", " ").capitalize()


@lru_cache(1_024)
def charge(line_kind: str, metric_name: str) -> str:
    """What a line charges, in words."""
    return _LINES.get(line_kind, "{}").format(metric(metric_name))


def _exact(amount: Decimal) -> Decimal:
    if not isinstance(amount, Decimal):
        raise TypeError(f"money is Decimal, not {type(amount).__name__}")
    return amount


def digits(value: Decimal) -> int:
    """How many digits after the point it takes to write a value."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _shortened(value: Decimal, at_least: int) -> Decimal:
    """The same value with as few digits after the point as it takes, but `at_least` so many."""
    return value.quantize(Decimal(1).scaleb(-max(at_least, digits(value))))
