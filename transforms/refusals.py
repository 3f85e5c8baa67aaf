"""Why a delivered row breaks its contract, in sentences for people (R2, R7, R20)."""

from dataclasses import dataclass
from itertools import product

import polars as pl

from transforms.contracts import Contract, has_happened
from transforms.reading import shortened_expr
from transforms.times import why_no_instant


def spellings(*words: str) -> list[str]:
    """The words in all mixtures of upper and lower case."""
    cases = (zip(word.lower(), word.upper(), strict=True) for word in words)
    return ["".join(letters) for case in cases for letters in product(*case)]


EARLY = "is more than a day after the file's arrival on"
"""By these words the reason of a row tells that its clock was ahead (R13)."""
_FLAGS = spellings("true", "false", "1", "0")


@dataclass(frozen=True)
class Check:
    """Which rows are wrong, and what to say of them."""

    is_wrong: pl.Expr
    reason: pl.Expr


def refusals(rows: pl.DataFrame, contract: Contract) -> pl.Series:
    """The reason against each row, null for rows that keep the contract.

    `rows` has the contract's columns typed, and each time as delivered in `delivered:<column>`. Sentences
    are only put together for the rows that need them.
    """
    checks = _checks(contract)
    found = rows.select(check.is_wrong.any().alias(str(number)) for number, check in enumerate(checks)).row(0)
    checks = [check for check, is_found in zip(checks, found, strict=True) if is_found]
    if not checks:
        return pl.Series("reason", [None], pl.String).new_from_index(0, len(rows))
    wrong = rows.select(
        is_wrong=pl.any_horizontal(check.is_wrong.fill_null(value=False) for check in checks)
    ).to_series()
    told = (
        rows.with_row_index("position")
        .filter(wrong)
        .rechunk()  # pl.format panics where one of a column's chunks is empty
        .select(
            "position",
            reason=pl.concat_str(
                [pl.when(check.is_wrong).then(check.reason) for check in checks],
                separator="; ",
                ignore_nulls=True,
            ),
        )
    )
    return (
        rows.select("line")
        .with_row_index("position")
        .join(told, on="position", how="left", maintain_order="left")
        .get_column("reason")
    )


def wrong_stream(rows: pl.DataFrame, contract: Contract) -> str | None:
    """What to say of a file none of whose readable rows has the stream's id or time: it was misplaced."""
    is_readable = rows["fault"].is_null()
    names = (contract.id_column, f"delivered:{contract.time_column}")
    if not is_readable.any() or any((is_readable & rows[name].is_not_null()).any() for name in names):
        return None
    lacking = f"{contract.id_column} or {contract.time_column}"
    return f"not a file of the stream {contract.stream}: no row has {lacking}"


def _checks(contract: Contract) -> list[Check]:
    fault = pl.col("fault")
    texts = [name for name in contract.required if name not in contract.times]
    return [
        Check(fault.is_not_null(), fault),
        *(_missing(name, name) for name in texts),
        *(_missing(name, f"delivered:{name}") for name in contract.times if name in contract.required),
        *(_unknown(name, values) for name, values in contract.choices.items()),
        *(_no_instant(name) for name in contract.times),
        *([_no_flag("is_test")] if contract.has_test_rows else []),
        *_broken_rules(contract),
        _early(contract.time_column),
    ]


def _missing(name: str, delivered: str) -> Check:
    """A column whose value was refused by the reader is not missing: its fault says more."""
    told = pl.col("fault").str.contains(f"{name}: ", literal=True).fill_null(value=False)
    unread = pl.col("fault").is_not_null() & pl.col("account_id").is_null()
    return Check(pl.col(delivered).is_null() & ~told & ~unread, pl.lit(f"{name}: missing"))


def _unknown(name: str, values: tuple[str, ...]) -> Check:
    column = pl.col(name)
    return Check(~column.is_in(values), pl.format(name + ': unknown value "{}"', shortened_expr(column)))


def _no_instant(name: str) -> Check:
    text = pl.col(f"delivered:{name}")
    reason = pl.format(name + ': {}: "{}"', why_no_instant(text), shortened_expr(text))
    return Check(text.is_not_null() & pl.col(name).is_null(), reason)


def _no_flag(name: str) -> Check:
    column = pl.col(name)
    reason = pl.format(name + ': neither true nor false: "{}"', shortened_expr(column))
    return Check(~column.is_in(_FLAGS), reason)


def _broken_rules(contract: Contract) -> list[Check]:
    return [
        Check(~rule.holds(), pl.format(rule.text, *(pl.col(name) for name in rule.shown)))
        for rule in contract.rules
    ]


def _early(time_column: str) -> Check:
    reason = pl.format(
        time_column + ": {} " + EARLY + " {}",
        pl.col(f"delivered:{time_column}"),
        pl.col("arrival_day"),
    )
    return Check(~has_happened(time_column), reason)
