"""Numbers, money and days as an account's locale writes them (CLDR, by babel); the words stay English.

Money is Decimal, never float. Nothing is rounded here: an amount with more digits than its currency has is
refused.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from itertools import chain, zip_longest
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers

from reports import formats

NEUTRAL = "en_001"
"""English without a country: what `en` alone means here, and what stands in for a locale that is unknown."""

Direction = Literal["ltr", "rtl"]


@cache
def formats_of(tag: str) -> "Formats":
    """The formats of a locale such as `de_DE` or `he-IL`."""
    return Formats(tag)


class Formats:
    """How a locale writes what the pages say, in digits that all locales share: figures must compare."""

    def __init__(self, tag: str):
        self.locale = _known(tag)
        self._pattern = cache(self._with_digits)
        self.number = lru_cache(8_192)(self._written_number)
        self.money = lru_cache(8_192)(self._written_money)
        self.day = lru_cache(8_192)(self._written_day)
        self.short_day = lru_cache(4_096)(self._written_short_day)
        self.long_day = lru_cache(4_096)(self._written_long_day)
        self.clock_time = lru_cache(4_096)(self._written_clock_time)
        self.month = lru_cache(4_096)(self._written_month)
        self.period = lru_cache(4_096)(self._written_period)
        self.price = lru_cache(4_096)(self._written_price)
        self.unit_price = lru_cache(4_096)(self._written_unit_price)
        self.percent = lru_cache(1_024)(self._written_percent)
        self._around_digits = lru_cache(4_096)(self._written_around_digits)

    @cached_property
    def direction(self) -> Direction:
        """Which way a page of this locale runs."""
        return "rtl" if self.locale.text_direction == "rtl" else "ltr"

    @property
    def tag(self) -> str:
        """As browsers want it (BCP 47), with the same digits as here."""
        return f"{str(self.locale).replace('_', '-')}-u-nu-latn"

    def _written_number(self, value: int | Decimal) -> str:
        """`33043` as `33,043`; a decimal without the zeros that say nothing."""
        return self._decimal(Decimal(value), at_least=0)

    def counted(self, value: int, singular: str, plural: str | None = None) -> str:
        """`1 row`, `2 rows`."""
        return f"{self.number(value)} {singular if value == 1 else plural or singular + 's'}"

    def _written_money(self, amount: Decimal, currency: str) -> str:
        """An amount in the currency's minor unit (P5), without the currency's name.

        Raises ValueError where digits below the minor unit would be lost, TypeError for what is no Decimal.
        """
        formats.money(amount, currency)
        return self._decimal(amount, at_least=formats.minor_unit(currency))

    def _written_price(self, amount: Decimal, currency: str) -> str:
        """The same, with the currency's sign where this locale puts it."""
        formats.money(amount, currency)
        return str(numbers.format_currency(amount + 0, currency, locale=self.locale, currency_digits=True))

    def isolated(self, text: str) -> str:
        """A text that this locale wrote, for an English sentence: where it runs the other way, held together.

        By the characters of Unicode for that, which `reports.names` lets into no name.
        """
        return (
            f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if self.direction == "rtl" else text
        )

    def exact_price(self, amount: Decimal, currency: str) -> str:
        """With the currency's sign, all its digits, and at least those of the currency's minor unit."""
        places = max(formats.minor_unit(currency), formats.digits(amount))
        shown = f"{abs(amount):.{places}f}"
        digits = shown.replace(".", "")
        is_below_zero = amount < 0
        between = self._around_digits(currency, is_below_zero, len(digits) - places, places)
        return "".join(chain.from_iterable(zip_longest(between, digits, fillvalue="")))

    def _written_around_digits(
        self, currency: str, is_below_zero: bool, whole: int, places: int
    ) -> tuple[str, ...]:
        """What stands before, between and after so many digits: amounts are many, their shapes few."""
        probe = Decimal("1" * whole + "." + "1" * places)
        shown = numbers.format_currency(
            -probe if is_below_zero else probe,
            currency,
            locale=self.locale,
            currency_digits=True,
            decimal_quantization=False,
        )
        return tuple(str(shown).split("1"))

    def _written_unit_price(self, price: Decimal, currency: str) -> str:
        """A price with all its digits, and at least those of the currency's minor unit."""
        return self._decimal(price, at_least=formats.minor_unit(currency))

    def _written_percent(self, value: Decimal) -> str:
        """A percentage: 19 as `19%`."""
        return str(numbers.format_percent(value.scaleb(-2), locale=self.locale, decimal_quantization=False))

    def _written_day(self, value: date) -> str:
        """`1 Feb 1999`."""
        return str(dates.format_date(value, "medium", self.locale))

    def _written_short_day(self, value: date) -> str:
        """`1 Feb`."""
        return str(dates.format_skeleton("MMMd", value, locale=self.locale))

    def _written_long_day(self, value: date) -> str:
        """`Mon, 1 Feb 1999`."""
        return str(dates.format_skeleton("yMMMEd", value, locale=self.locale))

    def _written_clock_time(self, hour: int, minute: int) -> str:
        """`1:05 pm`."""
        return str(dates.format_time(time(hour, minute), "short", locale=self.locale))

    def weekday(self, value: date) -> str:
        """`Mon`."""
        return str(dates.format_date(value, "EEE", self.locale))

    def _written_month(self, value: date) -> str:
        """`February 1999`."""
        return str(dates.format_skeleton("yMMMM", value, locale=self.locale))

    def _written_period(self, start: date, end: date) -> str:
        """The half-open period [start, end) by its first and last day: `1–28 Feb 1999`."""
        last = end - timedelta(days=1)
        if last <= start:
            return self.day(start)
        return str(dates.format_interval(start, last, "yMMMd", locale=self.locale))

    def instant(self, at: datetime, zone: str) -> str:
        """An instant on the clock of a zone: `1 Feb 1999, 13:05:00`."""
        return str(dates.format_datetime(at, "medium", tzinfo=ZoneInfo(zone), locale=self.locale))

    def _decimal(self, value: Decimal, at_least: int) -> str:
        digits = max(at_least, formats.digits(value))
        # 0 + -0.00 is 0: a zero has no sign.
        return str(self._pattern(digits).apply(value + 0, self.locale))

    def _with_digits(self, digits: int) -> numbers.NumberPattern:
        pattern = numbers.parse_pattern(self.locale.decimal_formats[None].pattern)
        pattern.frac_prec = (digits, digits)
        return pattern


def _known(tag: str) -> Locale:
    for candidate in (NEUTRAL if tag.strip() in ("", "en") else tag, NEUTRAL):
        try:
            return Locale.parse(candidate.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError(f"babel lacks {NEUTRAL}")
