from datetime import date
from decimal import Decimal

import pytest

from reports import formats


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1234.5", "USD", "1,234.50"),
        ("499.000", "USD", "499.00"),
        ("1234567.000", "JPY", "1,234,567"),
        ("0.125", "KWD", "0.125"),
        ("-12.30", "EUR", "-12.30"),
        ("-0.00", "EUR", "0.00"),
        ("0", "USD", "0.00"),
    ],
)
def test_money_has_the_digits_of_its_currency(amount: str, currency: str, shown: str):
    assert formats.money(Decimal(amount), currency) == shown


def test_money_is_never_rounded_by_a_page():
    with pytest.raises(ValueError, match="minor unit"):
        formats.money(Decimal("0.001"), "USD")


def test_money_is_never_a_float():
    with pytest.raises(TypeError):
        formats.money(0.5, "USD")


@pytest.mark.parametrize(
    ("price", "currency", "shown"),
    [
        ("0.032500", "USD", "0.0325"),
        ("15.000000", "USD", "15.00"),
        ("16.500000", "JPY", "16.5"),
        ("2200.000000", "JPY", "2,200"),
        ("0.013750", "KWD", "0.01375"),
    ],
)
def test_a_unit_price_keeps_all_its_digits(price: str, currency: str, shown: str):
    assert formats.unit_price(Decimal(price), currency) == shown


def test_numbers():
    assert formats.number(33043) == "33,043"
    assert formats.number(Decimal("1E+3")) == "1,000"
    assert formats.number(Decimal("2.50")) == "2.5"
    assert formats.counted(1, "row") == "1 row"
    assert formats.counted(0, "row") == "0 rows"


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (date(1999, 2, 1), date(1999, 3, 1), "1 – 28 Feb 1999"),
        (date(1999, 2, 1), date(1999, 2, 2), "1 Feb 1999"),
        (date(1999, 1, 15), date(1999, 3, 1), "15 Jan – 28 Feb 1999"),
        (date(1998, 12, 15), date(1999, 1, 15), "15 Dec 1998 – 14 Jan 1999"),
    ],
)
def test_a_half_open_period_is_shown_by_its_first_and_last_day(start: date, end: date, shown: str):
    assert formats.period(start, end) == shown


def test_metrics_in_words():
    assert formats.metric("request_sessions") == "API requests"
    assert formats.metric("something_new") == "Something new"
