"""A plan as it is priced: list prices of a version, or what a contract agreed on."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Tier:
    """A step of a price; `up_to` is its last unit, None for the last tier."""

    up_to: Decimal | None
    unit_price: Decimal
    flat_fee: Decimal


@dataclass(frozen=True)
class Price:
    """What a metric costs in a month (P2). A flat charge is the flat fee of its only tier."""

    metric: str
    charge_model: str
    tiers: tuple[Tier, ...]
    package_size: Decimal | None = None
    included_units: Decimal = Decimal(0)
    minimum_spend: Decimal | None = None
    maximum_spend: Decimal | None = None


@dataclass(frozen=True, eq=False)
class PlanPrices:
    """A plan with its prices and terms. There is one object of each, which its identity stands for."""

    key: str
    plan_id: str
    name: str
    kind: str
    currency: str
    prices: tuple[Price, ...] = ()
    commitment: Decimal | None = None
    overage_factor: Decimal | None = None
    expires_after_days: int | None = None
    free_credit: Decimal | None = None
    free_credit_days: int | None = None
    minimum_top_up: Decimal | None = None
    maximum_top_up: Decimal | None = None
    has_agents: bool = True
