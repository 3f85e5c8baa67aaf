"""A plan's price in words: what stands in the seeds and contracts, as the rating takes it (P1 to P3, P7)."""

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from reports import formats
from reports.locales import Formats
from reports.models.plan_prices import PlanPrices, Price, Tier

Line = tuple[str, str]
"""What is priced, and how."""


@lru_cache(8_192)
def price_lines(plan: PlanPrices, wording: Formats) -> tuple[Line, ...]:
    """The plan's fee, its charges, and what goes with it."""
    priced = tuple((formats.metric(price.metric), _priced(plan, price, wording)) for price in plan.prices)
    return (*priced, *_terms(plan, wording))


def _priced(plan: PlanPrices, price: Price, wording: Formats) -> str:
    text = "; ".join(_clauses(plan, price, wording))
    return text[:1].upper() + text[1:]


def _clauses(plan: PlanPrices, price: Price, wording: Formats) -> Iterator[str]:
    if price.metric == "base_fee":
        fee = price.tiers[0].flat_fee if price.tiers else Decimal(0)
        yield f"{_money(plan, fee, wording)} a month, in advance" if fee else "none"
        return
    if price.included_units:
        span = "for the whole trial" if plan.kind == "trial" else "a month"
        yield f"{wording.number(price.included_units)} {span} included"
    yield from _charged(plan, price, wording)
    if price.minimum_spend:
        yield f"at least {_money(plan, price.minimum_spend, wording)} a month"
    if price.maximum_spend is not None:
        yield f"at most {_money(plan, price.maximum_spend, wording)} a month"


def _charged(plan: PlanPrices, price: Price, wording: Formats) -> Iterator[str]:
    """What units cost; with units included, those beyond them."""
    free = all(not (tier.unit_price or tier.flat_fee) for tier in price.tiers)
    beyond = "beyond that " if price.included_units else ""
    if free:
        yield f"{beyond}not charged"
    elif price.charge_model == "flat":
        yield f"{_money(plan, price.tiers[0].flat_fee, wording)} a month, however many"
    elif price.charge_model == "package":
        size = wording.number(price.package_size or Decimal(1))
        yield f"{beyond}{_money(plan, price.tiers[0].unit_price, wording)} for every {size}, begun or full"
    elif price.charge_model == "per_unit":
        often = " a month, in advance" if price.metric == "agent_seats" else ""
        yield f"{beyond}{_money(plan, price.tiers[0].unit_price, wording)} each{often}"
    elif price.charge_model == "volume":
        yield f"{beyond}all at the price that their number reaches: {_tiers(plan, price.tiers, wording)}"
    else:
        yield f"{beyond}{_tiers(plan, price.tiers, wording)}"


def _tiers(plan: PlanPrices, tiers: tuple[Tier, ...], wording: Formats) -> str:
    texts, below = [], None
    for tier in tiers:
        above = f" above {wording.number(below)}" if below is not None else ""
        up_to = f" up to {wording.number(tier.up_to)}" if tier.up_to is not None else ""
        each = (
            f"{_money(plan, tier.unit_price, wording)} each" if tier.unit_price or not tier.flat_fee else ""
        )
        once = f"{_money(plan, tier.flat_fee, wording)} once" if tier.flat_fee else ""
        texts.append(f"{' and '.join(filter(None, (each, once)))}{above}{up_to}")
        below = tier.up_to
    return ", ".join(texts)


def _terms(plan: PlanPrices, wording: Formats) -> Iterator[Line]:
    if plan.commitment:
        least = _money(plan, plan.commitment, wording)
        beyond = (
            f"; usage beyond that at {wording.number(plan.overage_factor)} times its price"
            if plan.overage_factor
            else ""
        )
        yield "Commitment", f"A month's usage comes to at least {least}{beyond}"
    if plan.expires_after_days:
        yield "Lasts", wording.counted(plan.expires_after_days, "day")
    if plan.kind == "payg":
        yield "Paid", "From the app's wallet, each night"
    if plan.free_credit and plan.free_credit_days:
        days = wording.counted(plan.free_credit_days, "day")
        yield "Free credit", f"{_money(plan, plan.free_credit, wording)} for {days}, with an app's first one"
    if plan.minimum_top_up is not None and plan.maximum_top_up is not None:
        least, most = (_money(plan, bound, wording) for bound in (plan.minimum_top_up, plan.maximum_top_up))
        yield "Funds", f"{least} to {most} at once"
    if not plan.has_agents:
        yield "Agents", "None"


def _money(plan: PlanPrices, amount: Decimal, wording: Formats) -> str:
    """With the currency's sign; a trial prices nothing, so it needs none."""
    return (
        wording.isolated(wording.exact_price(amount, plan.currency))
        if plan.currency
        else wording.number(amount)
    )
