"""The plan pages made of real marts: who sees what, and commands that really do what the page says."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import yaml

from orchestration import dbt
from orchestration.cli import main
from orchestration.console.files import File
from orchestration.console.plans import Plans, book_commands
from orchestration.console.reading import accounts_of
from orchestration.defs.book import account_event
from orchestration.defs.resources import Desk
from reports.commands import APP, config_lines, filled_config, filled_shell, is_plain, shell_words
from reports.models import Account, Role
from reports.models.plan_page import PlanPage
from tests.dbt_project.plan_book import HOSTILE
from tests.orchestration.plan_homes import plan_home
from tests.reports.html import Page

NOW = "2026-03-20T23:00:00Z"
GIVEN = {
    "plan_id": "essential_usd", "order_id": "order-1", "amount": "100", "days": "7", "seats": "2",
    "owner_id": "zoë o'neil", "threshold": "50",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plan_home(tmp_path_factory.mktemp("plans"))


@dataclass
class Console:
    """The section, and the accounts that it is asked about."""

    section: Plans
    accounts: dict[str, Account]

    def files(self, account_id: str, role: Role = Role.ADMIN) -> list[File]:
        return list(self.section.files(self.accounts[account_id], role))

    def html(self, account_id: str) -> str:
        [file] = self.files(account_id)
        assert file.path == "plan.html"
        return str(file.content)

    def told(self, account_id: str) -> dict[str, Any]:
        """What the page's script reads."""
        _, _, after = self.html(account_id).partition('<script type="application/json" id="plan-data">')
        found: dict[str, Any] = json.loads(after.partition("</script>")[0])
        return found

    def page(self, account_id: str) -> PlanPage:
        return self.section._page(self.accounts[account_id])


@pytest.fixture(scope="module")
def console(home: Path) -> Iterator[Console]:
    with duckdb.connect(str(home / dbt.WAREHOUSE), read_only=True) as warehouse:
        accounts = {account.account_id: account for account in accounts_of(warehouse)}
        yield Console(Plans(home, warehouse), accounts)


@pytest.fixture
def book(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home as the commands find it."""
    monkeypatch.setenv("QUARTERHOUR_HOME", str(home))
    return home


def test_a_shared_account_has_nothing_of_it(console: Console) -> None:
    for account_id in console.accounts:
        assert console.files(account_id, Role.SHARED) == []
        assert len(console.files(account_id, Role.ADMIN)) == 1


def test_an_enterprise_page_has_its_contract_and_no_agents(console: Console) -> None:
    """R16: the app has 77 of them."""
    html, page = console.html("ent"), console.page("ent")
    assert [app.shown_name for app in page.apps] == ["Enterprise contract", "desk"]
    assert "Agent" not in html
    assert "agent" not in html
    assert "seat" not in html
    assert "77" not in html
    assert "seats_set" not in json.dumps(console.told("ent"))
    assert {"plan_changed", "plan_cancelled"} <= console.told("ent")["contractCommands"].keys()


def test_the_list_has_every_app_with_plan_status_balance_days_left_and_owner(console: Console) -> None:
    cells = {row[0].split()[0]: row for row in Page(console.html("acme")).tables["plans"][1:]}
    assert len(cells) == 14
    assert cells["Down"][1:3] == ["Advanced", "Active Downgrade to Essential on 1 Apr 2026."]
    assert cells["Down"][5:7] == ["400 of 500 usage sessions About 620 by 31 Mar", "ann"]
    assert cells["Low"][3].split() == ["US$40.00", "Low", "balance"]
    assert cells["Low"][4] == "2"  # 460 were drawn in thirty days
    assert cells["Calm"][3:5] == ["–", "–"]
    assert cells["Empty"][2].startswith("Inactive The balance is used up: US$0.00.")


def test_what_is_pending_is_told_of_each_app(console: Console) -> None:
    page = console.page("acme")
    texts = {app.app_id: [notice.text(page.account.formats) for notice in app.notices] for app in page.apps}
    assert texts["asked"] == [
        "An extension by 7 days was requested on 16 Mar 2026; it has not been answered.",
        "Trial expires: its last day is 28 Mar 2026.",
    ]
    assert texts["refused"][0] == "The extension by 7 days was refused on 18 Mar 2026: tried long enough."
    assert texts["topped"][0] == (
        "Funds of US$250.00 were ordered on 18 Mar 2026 (o-1); the payment has not cleared."
    )
    assert texts["topped"][2].startswith("Auto-reload is set: below US$50.00 it would add US$100.00.")
    assert texts["tried"][1] == "3 sessions beyond what the trial includes; they are not charged."
    assert texts["calm"] == []


def test_manage_tells_the_price_the_usage_the_forecast_and_what_else_there_is(console: Console) -> None:
    told = console.told("acme")
    apps = {app["yaml"]: app for app in told["apps"] if "yaml" in app}
    down = apps['"down"']
    lines = dict(told["plans"][down["plan"]]["lines"])
    assert lines["Base fee"] == "US$299.00 a month, in advance"
    assert lines["Usage sessions"] == (
        "500 a month included; beyond that US$0.095 each up to 1,000, US$0.08 each above 1,000 up to 10,000,"
        " US$0.07 each above 10,000"
    )
    assert down["period"] == "1–31 Mar 2026, counted to 20 Mar 2026"
    usage = down["usage"][0]
    assert (usage["metric"], usage["used"], usage["included"]) == ("Usage sessions", "400", "500")
    assert (usage["expected"], usage["amount"]) == ("620", "US$11.40")  # 120 x 0.095
    choices = told["choices"][down["choices"]]
    assert [(offer["plan"], offer["event"]) for offer in choices["offers"]] == [
        ("advanced_usd/1", "plan_changed")
    ]
    assert choices["offers"][0]["when"] == "Goes on: what is to come is taken back."
    refused = dict(choices["refused"])
    assert refused["The change to this plan is to come already."] == ["Essential (essential_usd)"]
    assert refused["A trial only starts a subscription."] == ["Trial (trial)"]
    assert choices["actions"]["order_placed"] == {"no": "The plan of the app is not prepaid."}
    assert choices["actions"]["plan_cancelled"] == {"hint": "The plan's last day would be 31 Mar 2026."}


def test_apps_of_one_state_share_what_they_are_told(console: Console) -> None:
    """A thousand apps on three plans: the page stays small."""
    told = console.told("many")
    assert (len(told["apps"]), len(told["choices"]), len(told["plans"])) == (1_000, 3, 3)
    assert len(console.html("many").encode()) < 3_000_000


# The commands


def asked(told: dict[str, Any], app: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Everything that the page offers for an app, with values that fit."""
    choices = told["choices"][app["choices"]]
    for offer in choices["offers"]:
        yield offer["event"], {"plan_id": told["plans"][offer["plan"]]["id"]}
    for event, found in choices["actions"].items():
        if "no" in found:
            continue
        amount = found.get("min", GIVEN["amount"])
        for key in [event] if event != "auto_reload_set" else [f"{event}_on", f"{event}_off"]:
            if key in told["commands"]:
                yield key, GIVEN | {"amount": amount}


def filled(command: dict[str, Any], values: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Text for a shell, and the configuration as the launchpad reads it."""
    words = [word if isinstance(word, str) else tuple(word) for word in command["shell"]]
    lines = [line if isinstance(line, str) else tuple(line) for line in command["config"]]
    return filled_shell(words, values), yaml.safe_load(filled_config(lines, values))


def run(text: str, *more: str) -> int:
    try:
        main([*shlex.split(text)[1:], *more])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize("app_id", ["down", "dearer", "gone", "tried", "over", "granted", "low", "calm"])
def test_every_command_of_an_app_is_taken(console: Console, book: Path, app_id: str) -> None:
    told = console.told("acme")
    app = next(app for app in told["apps"] if app.get("yaml") == f'"{app_id}"')
    tried = 0
    for event, values in asked(told, app):
        text, config = filled(told["commands"][event], values | {APP: app_id})
        assert run(text, "--at", NOW, "--dry-run") == 0, text
        assert dg.validate_run_config(account_event, config)
        tried += 1
    assert tried >= 3


def test_the_commands_of_a_contract_are_taken(console: Console, book: Path) -> None:
    told = console.told("ent")
    text, config = filled(told["contractCommands"]["plan_cancelled"], {})
    assert text == "quarterhour account cancel ent"
    assert config["ops"]["write_account_event"]["config"] == {
        "account_id": "ent", "event": {"plan_cancelled": {}}
    }  # fmt: skip
    assert run(text, "--at", NOW, "--dry-run") == 0
    assert dg.validate_run_config(account_event, config)


@pytest.mark.parametrize("app_id", [app_id for app_id in HOSTILE if is_plain(app_id)])
def test_hostile_ids_stay_one_word(
    console: Console, book: Path, app_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account_id = "o'hara; rm -rf $HOME"
    told = console.told(account_id)
    app = next(app for app in told["apps"] if yaml.safe_load(app["yaml"]) == app_id)
    assert shlex.split(app["shell"])[-1].removeprefix("--app=") == app_id
    text, config = filled(told["commands"]["owner_changed"], {APP: app_id, "owner_id": "-ann"})
    assert run(text, "--at", NOW, "--dry-run") == 0
    row = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (row["account_id"], row["app_id"], row["owner_id"]) == (account_id, app_id, "-ann")
    particulars = config["ops"]["write_account_event"]["config"]["event"]["owner_changed"]
    assert particulars == {"app_id": app_id, "owner_id": "-ann"}


def test_an_id_that_no_terminal_shows_as_it_is_has_no_command_but_a_configuration(console: Console) -> None:
    told = console.told("o'hara; rm -rf $HOME")
    [unsafe] = [app for app in told["apps"] if "shell" not in app]
    assert yaml.safe_load(unsafe["yaml"]) == "e\N{RIGHT-TO-LEFT OVERRIDE}f"
    assert "\\u202e" in unsafe["yaml"]


@pytest.mark.parametrize("event", ["order_placed", "auto_reload_set_on", "auto_reload_set_off"])
def test_the_launchpad_s_job_takes_the_configuration(console: Console, book: Path, event: str) -> None:
    told = console.told("acme")
    _, config = filled(told["commands"][event], GIVEN | {APP: "low"})
    config["ops"]["write_account_event"]["config"] |= {"dry_run": True, "occurred_at": NOW}
    result = account_event.execute_in_process(run_config=config, resources={"desk": Desk()})
    assert result.success


def test_every_command_of_the_page_is_one_of_the_book() -> None:
    """Both forms of each, with a value in every gap."""
    for command in book_commands():
        values = dict.fromkeys((APP, *command.fields), "1")
        words = shell_words(command, "acme")
        assert words is not None
        assert shlex.split(filled_shell(words, values))[:3] == ["quarterhour", "account", command.name]
        config = yaml.safe_load(filled_config(config_lines(command, "acme"), values))
        assert dg.validate_run_config(account_event, config)
