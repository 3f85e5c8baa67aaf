"""Delivered times as instants: ISO 8601 with a zone, or epoch milliseconds (DESIGN "Streams")."""

import polars as pl

INSTANT = pl.Datetime("ms", "UTC")

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MINUTE = "[0-9]{2}:[0-9]{2}"
_PLAIN = rf"^{_DAY}T{_MINUTE}:[0-9]{{2}}(\.[0-9]{{1,9}})?(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$"
_MILLISECONDS = rf"^{_DAY}T{_MINUTE}:[0-5][0-9]\.[0-9]{{3}}Z$"
_ZONE = "[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?"
_VARIANT = rf"^({_DAY})[Tt ]({_MINUTE})(:[0-9]{{2}})?([.,][0-9]{{1,9}})?({_ZONE})$"
_WITHOUT_ZONE = rf"^{_DAY}[Tt ]{_MINUTE}(:[0-9]{{2}}([.,][0-9]+)?)?$"
_EPOCH = r"^(0|-?[1-9][0-9]{0,14})$"
_EARLIEST_MS = -62_135_596_800_000  # 0001-01-01: Parquet and SQL know no earlier day
_END_MS = 253_402_300_800_000  # 10000-01-01


def instants(text: pl.Series) -> pl.Series:
    """The instants of a text column in UTC milliseconds, finer fractions cut off; null where there is none.

    Most files write all times alike, to the millisecond. Else nearly all times are in one plain form, and the
    costly forms are tried on what that leaves.
    """
    if text.null_count() == len(text):
        return pl.Series(text.name, [None], INSTANT).new_from_index(0, len(text))
    if text.str.contains(_MILLISECONDS).all():
        times = _parsed(text, "%Y-%m-%dT%H:%M:%S.%3fZ", cache=False)
    else:
        times = _parsed(text.set(~text.str.contains(_PLAIN).fill_null(value=False), None))
    if times.null_count() > text.null_count():
        rest = text.is_not_null() & times.is_null()
        times = times.zip_with(~rest, _variants(text.set(~rest, None))).rename(text.name)
    is_outside = ~times.to_physical().is_between(_EARLIEST_MS, _END_MS, closed="left")
    return times.set(is_outside, None) if is_outside.any() else times


def why_no_instant(text: pl.Expr) -> pl.Expr:
    """How a text that is no instant is wrong, for people."""
    return (
        pl.when(text.str.contains(_WITHOUT_ZONE))
        .then(pl.lit("time without a zone"))
        .otherwise(pl.lit("not a time (ISO 8601 with zone, or epoch milliseconds)"))
    )


def _parsed(text: pl.Series, form: str = "%Y-%m-%dT%H:%M:%S%.f%#z", *, cache: bool = True) -> pl.Series:
    return text.str.to_datetime(form, time_unit="ms", time_zone="UTC", strict=False, cache=cache)


def _variants(text: pl.Series) -> pl.Series:
    """The allowed, rarer forms: epoch, a space for the T, a decimal comma, no seconds, +02."""
    digits = text.set(~text.str.contains(_EPOCH).fill_null(value=False), None)
    epoch = digits.cast(pl.Int64).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    part = text.str.extract_groups(_VARIANT).struct
    day, clock, seconds, fraction, zone = (part.field(str(number)) for number in range(1, 6))
    point = fraction.str.replace(",", ".", literal=True).fill_null("")
    iso = day + "T" + clock + seconds.fill_null(":00") + point + zone.str.to_uppercase()
    return epoch.zip_with(epoch.is_not_null(), _parsed(iso))
