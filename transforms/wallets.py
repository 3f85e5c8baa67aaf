"""Wallets (P10): what each night draws from free credits and paid funds. Pure; amounts are Decimal.

A wallet is that of an account's app in one currency (P0): no amount here is of another.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Credit:
    """A free credit: usable from a local day to the day before it expires; None for never."""

    credit_id: str
    amount: Decimal
    from_date: date
    expires_date: date | None


@dataclass(frozen=True)
class Rating:
    """What a charge comes to from the beginning of its period to the end of a local day."""

    month_date: date
    charge_id: str
    wallet_date: date
    amount: Decimal


@dataclass(frozen=True)
class Draw:
    """What a night drew for a month; below zero what it gave back. Without a credit it is paid funds'."""

    month_date: date
    wallet_date: date
    credit_id: str | None
    amount: Decimal


@dataclass(frozen=True)
class TopUp:
    """Paid funds, less what credit notes took out of them; the id is its document's."""

    document_id: str
    from_date: date
    amount: Decimal


def unspent(top_ups: Iterable[TopUp], drawn: Decimal) -> dict[str, Decimal]:
    """What is left of each of a wallet's top-ups by document id, after what was drawn from paid funds in all.

    Funds are spent in the order in which they came, those of one day in the order of their ids. So a later
    top-up frees nothing of an earlier one.
    """
    left: dict[str, Decimal] = {}
    funds = -drawn
    for top_up in sorted(top_ups, key=lambda each: (each.from_date, each.document_id)):
        funds += top_up.amount
        left[top_up.document_id] = max(NOTHING, min(top_up.amount, funds))
    return left


def draws_of(ratings: Iterable[Rating], credits: Iterable[Credit], drawn: Iterable[Draw]) -> list[Draw]:
    """What a wallet's nights draw that was not drawn yet, in the order of nights.

    A night draws for its own month and for those before it, where late usage has changed them. Without a new
    night the last one is done again. Free credits go first, the soonest to expire before the others; the rest
    is taken from paid funds, which may go below zero. What comes to less than was drawn returns to where the
    newest draws took it from, and what a credit gave that is none of the wallet's any more is drawn anew.
    """
    drawn = list(drawn)
    ratings = sorted(ratings, key=lambda rating: rating.wallet_date)
    wallet = _Wallet(sorted(credits, key=_soonest_first), drawn)
    for night in _nights(ratings, drawn):
        wallet.draw(night, _rated(ratings, night))
    return wallet.draws[len(drawn) :]


def _nights(ratings: list[Rating], drawn: list[Draw]) -> list[date]:
    nights = sorted({rating.wallet_date for rating in ratings})
    if not drawn:
        return nights
    last = max(draw.wallet_date for draw in drawn)
    return [night for night in nights if night > last] or [last]


def _rated(ratings: list[Rating], night: date) -> dict[date, Decimal]:
    """What each month comes to by the end of a day: of every charge the latest rating."""
    latest = {
        (rating.month_date, rating.charge_id): rating.amount
        for rating in ratings
        if rating.wallet_date <= night
    }
    months: defaultdict[date, Decimal] = defaultdict(Decimal)
    for (month, _), amount in latest.items():
        months[month] += amount
    return dict(months)


def _soonest_first(credit: Credit) -> tuple[date, date, str]:
    return credit.expires_date or date.max, credit.from_date, credit.credit_id


class _Wallet:
    """Draws so far, and what they leave."""

    def __init__(self, credits: list[Credit], drawn: list[Draw]):
        self._credits = credits
        self.draws = list(drawn)

    def draw(self, night: date, rated: dict[date, Decimal]) -> None:
        """Draws what every month comes to beyond what was drawn for it, or gives back."""
        self._return_to_credits_gone(night)
        drawn: defaultdict[date, Decimal] = defaultdict(Decimal)
        for draw in self.draws:
            drawn[draw.month_date] += draw.amount
        for month in sorted(rated.keys() | drawn.keys()):
            due = rated.get(month, NOTHING) - drawn[month]
            if due > 0:
                self._take(month, night, due)
            elif due < 0:
                self._give_back(month, night, -due)

    def _take(self, month: date, night: date, due: Decimal) -> None:
        for credit in self._credits:
            if (
                due
                and credit.from_date <= night
                and (credit.expires_date is None or night < credit.expires_date)
            ):
                taken = min(due, credit.amount - self._drawn_from(credit.credit_id))
                if taken > 0:
                    self.draws.append(Draw(month, night, credit.credit_id, taken))
                    due -= taken
        if due:
            self.draws.append(Draw(month, night, None, due))

    def _return_to_credits_gone(self, night: date) -> None:
        """What the book took back later, or gave in another currency, has paid for nothing here."""
        standing = {None, *(credit.credit_id for credit in self._credits)}
        sums: defaultdict[tuple[date, str | None], Decimal] = defaultdict(Decimal)
        for draw in self.draws:
            sums[draw.month_date, draw.credit_id] += draw.amount
        self.draws += [
            Draw(month, night, credit_id, -given)
            for (month, credit_id), given in sums.items()
            if given and credit_id not in standing
        ]

    def _give_back(self, month: date, night: date, excess: Decimal) -> None:
        """The newest source first, and no more to any than it gave for the month."""
        newest = dict.fromkeys(draw.credit_id for draw in reversed(self.draws) if draw.month_date == month)
        for source in newest:
            given = sum(
                (draw.amount for draw in self.draws if draw.month_date == month and draw.credit_id == source),
                NOTHING,
            )
            returned = min(excess, given)
            if returned > 0:
                self.draws.append(Draw(month, night, source, -returned))
                excess -= returned

    def _drawn_from(self, credit_id: str) -> Decimal:
        return sum((draw.amount for draw in self.draws if draw.credit_id == credit_id), NOTHING)
