"""Wallets (P10): what nights draw, from where, and what comes back."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from transforms.wallets import Credit, Draw, Rating, TopUp, draws_of, unspent

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def night(number: int) -> date:
    return MARCH + timedelta(days=number - 1)


def rating(number: int, amount: str, charge: str = "sessions", month: date = MARCH) -> Rating:
    return Rating(month, charge, night(number), Decimal(amount))


def credit(name: str, amount: str, first: int = 1, expires: int | None = None) -> Credit:
    return Credit(name, Decimal(amount), night(first), night(expires) if expires else None)


def told(draws: list[Draw]) -> list[tuple[int, str | None, str]]:
    return [((draw.wallet_date - MARCH).days + 1, draw.credit_id, str(draw.amount)) for draw in draws]


def test_a_night_draws_what_the_month_came_to_since_the_night_before() -> None:
    assert told(draws_of([rating(1, "3"), rating(2, "3"), rating(3, "10")], [], [])) == [
        (1, None, "3"),
        (3, None, "7"),
    ]


def test_the_credit_that_expires_first_is_drawn_first_then_paid_funds() -> None:
    credits = [
        credit("late", "5", expires=90),
        credit("soon", "2", expires=9),
        credit("gone", "9", expires=1),
    ]
    draws = draws_of([rating(1, "8")], credits, [])
    assert told(draws) == [(1, "soon", "2"), (1, "late", "5"), (1, None, "1")]


def test_a_credit_pays_from_its_first_day_to_the_day_before_it_expires() -> None:
    ratings = [rating(number, str(number)) for number in (1, 2, 3, 4)]
    draws = draws_of(ratings, [credit("free", "9", first=2, expires=4)], [])
    assert told(draws) == [(1, None, "1"), (2, "free", "1"), (3, "free", "1"), (4, None, "1")]


def test_what_was_drawn_too_much_returns_to_the_newest_draw_first() -> None:
    credits = [credit("free", "4")]
    before = draws_of([rating(1, "6")], credits, [])
    assert told(before) == [(1, "free", "4"), (1, None, "2")]
    after = draws_of([rating(1, "3"), rating(2, "3")], credits, before)
    assert told(after) == [(2, None, "-2"), (2, "free", "-1")]
    assert told(draws_of([rating(1, "6"), rating(2, "6")], credits, before + after)) == [
        (2, "free", "1"),
        (2, None, "2"),
    ]


def test_late_usage_of_a_month_that_is_over_is_drawn_by_the_next_night() -> None:
    before = draws_of([rating(31, "10")], [], [])
    later = [rating(31, "12"), rating(32, "1", month=APRIL)]
    assert [(draw.month_date, draw.amount) for draw in draws_of(later, [], before)] == [
        (MARCH, Decimal(2)),
        (APRIL, Decimal(1)),
    ]


def test_what_a_credit_gave_that_is_gone_is_drawn_anew() -> None:
    """The book took it back, or says that it was one of another currency's wallet (P0)."""
    before = draws_of([rating(1, "6")], [credit("gone", "4")], [])
    assert told(draws_of([rating(1, "6")], [credit("other", "1")], before)) == [
        (1, "gone", "-4"),
        (1, "other", "1"),
        (1, None, "3"),
    ]


def test_a_wallet_whose_currency_never_was_the_month_s_gets_back_what_the_month_took() -> None:
    """A change of currency that is told late: the month is rated in the other currency's wallet."""
    credits = [credit("free", "4")]
    before = draws_of([rating(1, "3"), rating(2, "6")], credits, [])
    assert told(before) == [(1, "free", "3"), (2, "free", "1"), (2, None, "2")]
    back = draws_of([], credits, before)
    assert told(back) == [(2, None, "-2"), (2, "free", "-4")]
    assert draws_of([], credits, before + back) == []


amounts = st.decimals("0", "50", places=2)


@st.composite
def months(draw: st.DrawFn) -> list[Rating]:
    """Two charges whose rating to date grows day by day over two months."""
    ratings = []
    for month in (MARCH, APRIL):
        for charge in ("sessions", "voice"):
            amount = Decimal(0)
            for day in range(draw(st.integers(1, 12))):
                amount += draw(amounts)
                ratings.append(Rating(month, charge, month + timedelta(days=day), amount))
    return ratings


@st.composite
def free_credits(draw: st.DrawFn) -> list[Credit]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        first = MARCH + timedelta(days=draw(st.integers(0, 40)))
        lasts = draw(st.none() | st.integers(1, 40))
        expires = None if lasts is None else first + timedelta(days=lasts)
        found.append(Credit(f"free-{number}", draw(amounts), first, expires))
    return found


@given(months(), free_credits(), st.integers(0, 45))
def test_nights_one_by_one_draw_what_they_draw_in_one_go(
    ratings: list[Rating], credits: list[Credit], cut: int
) -> None:
    at_once = draws_of(ratings, credits, [])
    until = MARCH + timedelta(days=cut)
    first = draws_of([found for found in ratings if found.wallet_date <= until], credits, [])
    assert first + draws_of(ratings, credits, first) == at_once


@given(months(), months(), free_credits())
def test_whatever_was_drawn_before_the_sums_are_what_the_months_come_to(
    early: list[Rating], ratings: list[Rating], credits: list[Credit]
) -> None:
    before = draws_of(early, credits, [])
    draws = before + draws_of(ratings, credits, before)
    last = (
        max(*(draw.wallet_date for draw in draws), *(found.wallet_date for found in ratings))
        if draws
        else APRIL
    )
    latest = {
        (found.month_date, found.charge_id): found
        for found in sorted(ratings, key=lambda r: r.wallet_date)
        if found.wallet_date <= last
    }
    due: defaultdict[date, Decimal] = defaultdict(Decimal)
    for found in latest.values():
        due[found.month_date] += found.amount
    for draw in draws:
        due[draw.month_date] -= draw.amount
    assert not any(due.values())
    for each in credits:
        taken = sum(draw.amount for draw in draws if draw.credit_id == each.credit_id)
        assert 0 <= taken <= each.amount
    assert draws_of(ratings, credits, draws) == []


def funded(name: str, day: int, amount: str) -> TopUp:
    return TopUp(name, night(day), Decimal(amount))


def left(drawn: str, *top_ups: TopUp) -> dict[str, str]:
    return {name: str(amount) for name, amount in unspent(top_ups, Decimal(drawn)).items()}


def test_funds_are_spent_in_the_order_in_which_they_came() -> None:
    both = funded("b", 2, "30"), funded("a", 1, "50")
    assert left("0", *both) == {"a": "50", "b": "30"}
    assert left("10", *both) == {"a": "40", "b": "30"}
    assert left("55", *both) == {"a": "0", "b": "25"}
    assert left("90", *both) == {"a": "0", "b": "0"}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5), st.integers(0, 120), st.data())
def test_taking_what_is_left_of_one_top_up_leaves_the_others_as_they_are(
    amounts: list[int], drawn: int, data: st.DataObject
) -> None:
    """So credits of one night need not know of each other; in all, what is left is the paid balance."""
    top_ups = [funded(str(place), 1, str(amount)) for place, amount in enumerate(amounts)]
    before = unspent(top_ups, Decimal(drawn))
    assert sum(before.values()) == max(0, sum(amounts) - drawn)
    place = data.draw(st.integers(0, len(amounts) - 1))
    taken = data.draw(st.integers(0, int(before[str(place)])))
    top_ups[place] = funded(str(place), 1, str(amounts[place] - taken))
    after = unspent(top_ups, Decimal(drawn))
    assert after == before | {str(place): before[str(place)] - taken}
