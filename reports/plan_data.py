"""What the plan page's script reads: what can be asked for each app, and the commands that ask for it.

Everything that many apps share stands there once. Texts are written in the account's locale.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from markupsafe import Markup

from reports import formats
from reports.commands import (
    APP,
    BookCommand,
    config_lines,
    filled_shell,
    is_plain,
    option,
    shell_words,
    yaml_text,
)
from reports.locales import Formats
from reports.models.accounts import Account
from reports.models.plan_page import Action, Choices, MetricForecast, Offer, PlanApp, PlanPage
from reports.models.plan_prices import PlanPrices
from reports.prices import price_lines

DAY = timedelta(days=1)
SEATS = "seats_set"

_DECEPTIVE = re.compile("[<>&\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def plan_data(page: PlanPage, commands: Sequence[BookCommand]) -> Markup:
    """JSON that cannot end the element around it."""
    wording = page.account.formats
    apps = page.apps
    choices = list(dict.fromkeys(app.choices for app in apps))
    places = {each: place for place, each in enumerate(choices)}
    plans = {plan.key: plan for plan in _plans(apps, choices)}
    told = {
        "apps": [_app(app, places[app.choices], page.account) for app in apps],
        "choices": [orjson.Fragment(_choices(each, page.account.shows_agents, wording)) for each in choices],
        "plans": {key: orjson.Fragment(_plan(plan, wording)) for key, plan in plans.items()},
        "commands": _commands(page.account, commands, takes_app=True),
    }
    if page.contract:
        told["contractCommands"] = _commands(page.account, commands, takes_app=False)
    return Markup(_escaped(orjson.dumps(told).decode()))


def _plans(apps: Iterable[PlanApp], choices: Iterable[Choices]) -> Iterable[PlanPrices]:
    yield from (app.plan for app in apps if app.plan)
    yield from (offer.plan for each in choices for offer in each.offers if offer.refusal_reason is None)


def _app(app: PlanApp, choices: int, account: Account) -> dict[str, Any]:
    """An app's own part; R16: an Enterprise account's agents are in none of its files."""
    wording = account.formats
    told: dict[str, Any] = {"choices": choices}
    if account.shows_agents:
        told["seats"] = app.agent_seats
    if app.app_id is not None:
        told |= {"yaml": yaml_text(app.app_id)}
        told |= {"shell": option("--app", app.app_id)} if is_plain(app.app_id) else {}
    if app.plan:
        told["plan"] = app.plan.key
    if app.forecasts:
        first = app.forecasts[0]
        told["period"] = _period(first, wording)
        told["pace"] = pace(first, wording)
        told["usage"] = [_usage(forecast, first, wording) for forecast in app.forecasts]
    return told


def _period(forecast: MetricForecast, wording: Formats) -> str:
    period = wording.isolated(wording.period(forecast.period_start, forecast.period_end))
    if forecast.through < forecast.period_start:
        return f"{period}; no day of it has ended"
    return f"{period}, counted to {_day(forecast.through, wording)}"


@lru_cache(8_192)
def _pace(observed_days: int | None, remaining_days: int, reason: str | None, wording: Formats) -> str:
    if reason is not None:
        return f"No forecast: {reason}{' of data' if 'complete days' in reason else ''}."
    if not remaining_days:
        return "The period is over."
    return (
        f"Expected: what is used so far, and for each of the {wording.counted(remaining_days, 'day')} to come"
        f" the average of the last {observed_days} complete days. The range is that of the quietest and the"
        " busiest seven days in a row among them."
    )


def pace(forecast: MetricForecast, wording: Formats) -> str:
    """How the forecast is made, in a sentence."""
    return _pace(forecast.observed_days, forecast.remaining_days, forecast.no_forecast_reason, wording)


def _usage(forecast: MetricForecast, first: MetricForecast, wording: Formats) -> dict[str, Any]:
    """A metric's figures; a contract's new price gives a metric a period of its own."""
    told: dict[str, Any] = {
        "metric": formats.metric(forecast.metric),
        "used": wording.number(forecast.used),
    }
    if forecast.used or forecast.high or forecast.included:
        told["bar"] = bar(forecast)
    if (forecast.period_start, forecast.period_end) != (first.period_start, first.period_end):
        told["period"] = wording.isolated(wording.period(forecast.period_start, forecast.period_end))
    if forecast.included:
        told["included"] = wording.number(forecast.included)
    if forecast.expected is not None and forecast.low is not None and forecast.high is not None:
        told["expected"] = wording.number(forecast.expected)
        if forecast.low != forecast.high:
            told["range"] = f"{wording.number(forecast.low)} to {wording.number(forecast.high)}"
    if amounts := _amounts(forecast, wording):
        told["amount"], told["amountRange"] = amounts
    return told


def _amounts(forecast: MetricForecast, wording: Formats) -> tuple[str, str] | None:
    """The expected charge and its bounds, as SQL rated them."""
    amounts = forecast.expected_amount, forecast.low_amount, forecast.high_amount
    if forecast.currency is None or None in amounts:
        return None
    expected, low, high = (
        _money(amount, forecast.currency, wording) for amount in amounts if amount is not None
    )
    return expected, "" if low == high else f"{low} to {high}"


def bar(forecast: MetricForecast) -> list[int | None]:
    """Where a bar of a thousand ends: what is used, low, expected, high; and what is included."""
    figures = forecast.used, forecast.low, forecast.expected, forecast.high, forecast.included or None
    whole = max(1, *(figure for figure in figures if figure is not None))
    return [None if figure is None else 1000 * figure // whole for figure in figures]


@lru_cache(8_192)
def _choices(choices: Choices, shows_agents: bool, wording: Formats) -> bytes:
    refused: dict[str, list[str]] = {}
    for offer in choices.offers:
        if offer.refusal_reason is not None and not offer.is_in_force:
            refused.setdefault(sentence(offer.refusal_reason), []).append(_named(offer.plan))
    told = {
        "offers": [_offer(offer, wording) for offer in choices.offers if offer.refusal_reason is None],
        "refused": list(refused.items()),
        "actions": {
            action.event_type: _action(action, wording)
            for action in choices.actions
            if shows_agents or action.event_type != SEATS
        },
    }
    return orjson.dumps(told)


def _named(plan: PlanPrices) -> str:
    """Plans of several currencies share a name."""
    return f"{plan.name} ({plan.plan_id})"


def _offer(offer: Offer, wording: Formats) -> dict[str, str]:
    return {"plan": offer.plan.key, "event": offer.event_type, "when": when(offer, wording)}


def when(offer: Offer, wording: Formats) -> str:
    """From when on an offered plan would count (P6)."""
    day = _day(offer.effective_date, wording)
    if offer.is_in_force:
        text = "Goes on: what is to come is taken back"
    elif offer.is_at_once:
        text = "At once; the days left of the month are charged"
    else:
        text = f"From {day}; the plan in force runs until then"
    if offer.expires_date is not None:
        text += f", up to {_day(offer.expires_date - DAY, wording)}"
    return f"{text}."


def _action(action: Action, wording: Formats) -> dict[str, str]:
    if action.refusal_reason is not None:
        return {"no": sentence(action.refusal_reason)}
    if action.event_type == "plan_cancelled":
        return {"hint": f"The plan's last day would be {_day(action.effective_date - DAY, wording)}."}
    if action.minimum is None or action.maximum is None or action.currency is None:
        return {}
    least, most = (_money(bound, action.currency, wording) for bound in (action.minimum, action.maximum))
    return {
        "hint": f"From {least} to {most}, before tax.",
        "min": format(action.minimum.normalize(), "f"),
        "max": format(action.maximum.normalize(), "f"),
    }


@lru_cache(8_192)
def _plan(plan: PlanPrices, wording: Formats) -> bytes:
    """The id is one of the seeds': letters, digits and underscores, which no quoting changes."""
    return orjson.dumps({"id": plan.plan_id, "name": plan.name, "lines": price_lines(plan, wording)})


def _escaped(text: str) -> str:
    """JSON in which nothing ends a script, and nothing hides or reorders what follows."""
    return _DECEPTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _day(day: date, wording: Formats) -> str:
    return wording.isolated(wording.day(day))


def _money(amount: Decimal, currency: str, wording: Formats) -> str:
    return wording.isolated(wording.exact_price(amount, currency))


def sentence(reason: str) -> str:
    """The book's words as a sentence."""
    return f"{reason[:1].upper()}{reason[1:]}."


TITLES = {
    "plan_subscribed": "Subscribe to a plan",
    "plan_changed": "Change the plan",
    "plan_cancelled": "Cancel the plan",
    "order_placed": "Add funds",
    "extension_requested": "Request an extension",
    "seats_set": "Set agents",
    "owner_changed": "Change owner",
    "auto_reload_set_on": "Set auto-reload",
    "auto_reload_set_off": "Turn auto-reload off",
}


def plain_commands(account: Account, commands: Sequence[BookCommand]) -> Iterator[tuple[str, str]]:
    """What each command asks for, and its words, with capitals where a value is to be filled in."""
    for command in commands:
        words = shell_words(command, account.account_id)
        fits = command.takes_app is not account.is_enterprise or command.event_type == "owner_changed"
        if words is not None and fits:
            values = {field: field.upper() for field in (APP, *command.fields)}
            yield TITLES[command.key], filled_shell(words, values)


def _commands(
    account: Account, commands: Sequence[BookCommand], *, takes_app: bool
) -> dict[str, dict[str, Any]]:
    """By what they ask for; where only a configuration is safe to copy there are no words for a shell."""
    told: dict[str, dict[str, Any]] = {}
    for command in commands:
        if command.takes_app is takes_app and (account.shows_agents or command.event_type != SEATS):
            told[command.key] = {
                "shell": shell_words(command, account.account_id),
                "config": config_lines(command, account.account_id),
            }
    return told
