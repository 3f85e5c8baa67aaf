"""A failed run and a failed check are told, whatever the servers do; nobody's name does harm on the way."""

import json
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from orchestration.billing.documents import Waiting
from orchestration.billing.issuing import RELEASE
from orchestration.cli import main
from orchestration.definitions import defs
from orchestration.defs.billing import CHECK, KEY, issue_job, verdict
from orchestration.defs.notifications import tell_of_checks, tell_of_failures
from orchestration.defs.resources import Desk
from orchestration.defs.schedules import after_lake_job, night_job
from orchestration.landing.late_files import ARRIVAL_DAYS
from orchestration.notices import notifying
from orchestration.notices.deciding import (
    LENGTH,
    FailedCheck,
    Notice,
    RunTold,
    notice_of,
    run_told,
    trial_notice,
)
from orchestration.notices.nights import tell_of_killed, tell_of_night
from orchestration.notices.notifying import notify
from orchestration.outbox.settings import MailSettings
from orchestration.settings.loading import SettingsError, load_settings
from orchestration.watching.settings import NotifySettings
from tests.orchestration.nights import Landing
from tests.orchestration.smtp import MailServer, mail_server
from tests.orchestration.webhooks import Webhook, webhook

HOSTILE = "bot\r\nBcc: all@example.org\n\x1b[31m<!channel> @here\u202e"
NOTICE = trial_notice(Path("/data/home"))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(notifying, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def post() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def mail(port: int) -> MailSettings:
    return MailSettings("127.0.0.1", "night@example.org", "ops@example.org", port=port, starttls=False)


def problems(settings: NotifySettings, notice: Notice = NOTICE, seconds: float = 5) -> list[str]:
    return [outcome.problem for outcome in notify(settings, notice, seconds)]


# Channels


def test_by_default_nobody_is_told():
    assert notify(NotifySettings(), NOTICE) == []


def test_each_channel_gets_the_notice(hook: Webhook, post: MailServer, tmp_path: Path):
    keep = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    command = (sys.executable, "-c", keep, str(tmp_path / "told.json"))
    settings = NotifySettings(webhook=hook.url, mail=mail(post.port), command=command)
    assert [str(outcome) for outcome in notify(settings, NOTICE)] == [
        "told by webhook",
        "told by mail",
        "told by command",
    ]
    [(headers, body)] = hook.posts
    assert headers["Content-Type"].startswith("application/json")
    assert "Authorization" not in headers
    assert body["subject"] == "quarterhour: this is a test, nothing has failed"
    assert json.loads((tmp_path / "told.json").read_text()) == body
    [(sender, recipient, message)] = post.mails
    assert (sender, recipient) == ("night@example.org", "ops@example.org")
    assert message["Subject"] == body["subject"]
    assert "Home: /data/home" in message.get_content()


def test_the_token_comes_from_the_environment_alone(hook: Webhook, monkeypatch: pytest.MonkeyPatch):
    settings = NotifySettings(webhook_env="HOOK", token_env="HOOK_TOKEN")
    monkeypatch.setenv("HOOK", hook.url)
    assert problems(settings) == ["the environment has no usable token in HOOK_TOKEN"]
    monkeypatch.setenv("HOOK_TOKEN", "s3cret\r\nX-More: 1")
    assert problems(settings) == ["the environment has no usable token in HOOK_TOKEN"]
    monkeypatch.setenv("HOOK_TOKEN", "s3cret")
    assert problems(settings) == [""]
    assert hook.posts[0][0]["Authorization"] == "Bearer s3cret"
    monkeypatch.setenv("HOOK", "http://example.org/hook")
    assert problems(settings) == ["the URL in HOOK takes no token: it begins with http://"]
    monkeypatch.delenv("HOOK")
    assert problems(settings) == ["the environment has no good URL in HOOK"]


def test_a_server_in_trouble_is_asked_again_and_no_more_than_three_times(hook: Webhook):
    hook.answers = [500, 503, 200]
    assert problems(NotifySettings(webhook=hook.url)) == [""]
    assert len(hook.posts) == 3
    hook.answers = [500]
    assert problems(NotifySettings(webhook=hook.url)) == ["127.0.0.1 answers 500 Internal Server Error"]
    assert len(hook.posts) == 6


def test_a_refusal_is_not_tried_again(hook: Webhook):
    hook.answers = [403]
    assert problems(NotifySettings(webhook=hook.url)) == ["127.0.0.1 answers 403 Forbidden"]
    assert len(hook.posts) == 1


def test_what_is_posted_goes_nowhere_else(hook: Webhook):
    with webhook() as other:
        hook.answers, hook.location = [307], other.url
        assert problems(NotifySettings(webhook=hook.url)) == ["127.0.0.1 answers 307 Temporary Redirect"]
        hook.answers = [302]
        assert problems(NotifySettings(webhook=hook.url)) == ["127.0.0.1 answers 302 Found"]
        assert other.posts == []


def test_one_that_hangs_holds_up_no_other(hook: Webhook, post: MailServer):
    hook.is_silent = True
    settings = NotifySettings(webhook=hook.url, mail=mail(post.port), command=("sleep", "30"))
    began = time.monotonic()
    told = problems(settings, seconds=1)
    assert time.monotonic() - began < 5
    assert told[1] == ""
    assert len(post.mails) == 1
    assert all(told[number] for number in (0, 2))


def test_a_server_that_is_not_there_or_says_nothing_of_its_mail(post: MailServer):
    with webhook() as gone:
        url = gone.url
    assert "Connection refused" in problems(NotifySettings(webhook=url))[0]
    post.is_silent = True
    assert "did not answer" in problems(NotifySettings(mail=mail(post.port)))[0]
    assert len(post.mails) == 1  # sent again it might come twice
    post.refusal = "550 nobody here"
    assert problems(NotifySettings(mail=mail(post.port))) == ["550 nobody here"]


def test_a_command_that_fails_or_is_not_there():
    assert problems(NotifySettings(command=("false",))) == ["false ended with 1"]
    assert problems(NotifySettings(command=("/no/such",))) == ["/no/such: No such file or directory"]


def test_the_url_is_never_told(hook: Webhook):
    hook.answers = [404]
    assert "abc123" not in problems(NotifySettings(webhook=hook.url))[0]
    assert "abc123" not in problems(NotifySettings(webhook="http://127.0.0.1:1/abc123 x"))[0]


def test_hostile_names_stay_names(hook: Webhook, post: MailServer):
    check = FailedCheck("lake/x", "known", "ERROR", {"apps": HOSTILE}, HOSTILE)
    run = RunTold("r1", HOSTILE, "2026-03-01", has_failed=True, checks=(check,))
    notice = notice_of(Path("/data") / HOSTILE, [run], error=ValueError(HOSTILE))
    assert notice
    settings = NotifySettings(webhook=hook.url, mail=mail(post.port))
    assert problems(settings, notice) == ["", ""]
    [(_, body)] = hook.posts
    assert not any(hostile in body["text"] for hostile in ("\x1b", "\u202e", "<!channel>", "@here", "\r"))
    [(_, recipient, message)] = post.mails
    assert recipient == "ops@example.org"
    assert message["Bcc"] is None
    assert "\x1b" not in message["Subject"] + message.get_content()


# What is told


@dg.asset
def broken() -> None:
    """Fails as steps do."""
    try:
        raise OSError(f"disk {HOSTILE} is full")
    except OSError as error:
        raise RuntimeError("it broke\nand more") from error


@dg.asset(check_specs=[dg.AssetCheckSpec(name, asset="checked") for name in ("must", "should", "fine")])
def checked() -> dg.MaterializeResult:
    """Two checks fail, one of them as a warning."""

    def result(name: str, severity: dg.AssetCheckSeverity, *, passed: bool = False) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            check_name=name, passed=passed, severity=severity, description="Ask them.", metadata={"rows": 3}
        )

    error, warn = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
    return dg.MaterializeResult(
        check_results=[result("must", error), result("should", warn), result("fine", error, passed=True)]
    )


@dg.job
def small() -> None:
    """Never gets to run."""


def run_of(instance: dg.DagsterInstance, *assets: Any, **tags: str) -> dg.DagsterRun:
    result = dg.materialize(
        assets, instance=instance, tags={"dagster/partition": "2026-03-01", **tags}, raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )  # fmt: skip
    run = instance.get_run_by_id(result.run_id)
    assert run
    return run


@dataclass
class Ran:
    """A home in which one run failed, and another had failing checks."""

    home: Path
    instance: dg.DagsterInstance
    failed: dg.DagsterRun
    done: dg.DagsterRun


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Dagster's storage lies where the environment says, as it does in a night."""
    home = tmp_path_factory.mktemp("home")
    (home / "dagster").mkdir()
    (home / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home / "dagster"))
        patch.setenv("QUARTERHOUR_HOME", str(home))
        with dg.DagsterInstance.get() as instance:
            yield Ran(home, instance, run_of(instance, broken, checked), run_of(instance, checked))


@pytest.fixture
def noted(hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> Webhook:
    """A webhook that the settings name."""
    monkeypatch.setenv("QUARTERHOUR_NOTIFY", f'{{webhook = "{hook.url}"}}')
    return hook


def test_a_notice_names_run_step_error_check_figure_remedy_and_command(ran: Ran):
    told = run_told(ran.instance, ran.failed, warnings=False)
    notice = notice_of(ran.home, [told])
    assert notice
    assert notice.subject.endswith(f"{told.job} failed, 2026-03-01")
    [step] = told.steps
    assert step.step == "broken"
    assert "disk bot" in step.error
    assert "\n" not in step.error
    assert [(check.check, check.figures, check.told) for check in told.checks] == [
        ("must", {"rows": "3"}, "Ask them.")
    ]
    assert notice.repeat == f"QUARTERHOUR_HOME={ran.home} quarterhour run --date 2026-03-01"
    text = notice.text()
    check = "ERROR checked, must (rows 3): Ask them."
    for part in (str(ran.home), told.run_id, "step broken", check, notice.repeat):
        assert part in text


def test_a_failed_run_of_several_late_days_is_repeated_for_all_of_them(ran: Ran):
    late = run_of(ran.instance, broken, **{ARRIVAL_DAYS: "2026-02-03,2026-03-01"})
    notice = notice_of(ran.home, [run_told(ran.instance, late, warnings=False)])
    assert notice
    assert notice.subject.endswith("failed, 2026-02-03, 2026-03-01")
    assert notice.repeat == f"QUARTERHOUR_HOME={ran.home} quarterhour run"


def test_warnings_are_told_where_wanted(ran: Ran):
    told = run_told(ran.instance, ran.done, warnings=True)
    assert [check.check for check in told.checks] == ["must", "should"]
    notice = notice_of(ran.home, [told])
    assert notice
    assert notice.subject == "quarterhour: 2 checks failed (ERROR), 2026-03-01"
    assert notice_of(ran.home, [replace(told, checks=())]) is None


@dg.asset(check_specs=[dg.AssetCheckSpec(CHECK, asset="wordy")])
def wordy() -> dg.MaterializeResult:
    """Names of others fill what a notice tells of a check."""
    held = [Waiting(f"{number}{HOSTILE * 9}", date(2026, 1, 1), "x" * 900) for number in range(99)]
    return dg.MaterializeResult(check_results=[verdict(held)])


def test_of_a_check_with_long_names_it_is_told_what_to_do(ran: Ran):
    [check] = run_told(ran.instance, run_of(ran.instance, wordy), warnings=False).checks
    assert check.told.startswith("documents are due and held back (99 found): 0bot")
    assert check.told.endswith(f"{RELEASE}.")
    assert len(check.told) <= LENGTH + 1


def test_the_jobs_that_issue_tell_what_is_held_back():
    graph = defs().get_repository_def().asset_graph
    for job in (night_job, after_lake_job, issue_job):
        assert dg.AssetCheckKey(KEY, CHECK) in job.selection.resolve_checks(graph), job.name


def test_a_very_long_notice_is_cut(tmp_path: Path):
    checks = tuple(FailedCheck("a", f"c{number}", "ERROR", {}, "x" * 600) for number in range(5_000))
    notice = notice_of(tmp_path, [RunTold("r", "night", "", has_failed=True, checks=checks)])
    assert notice
    assert "and 4980 more" in notice.text()
    assert len(json.dumps(notice.payload())) < 100_000


def test_the_sensors_tell_of_failures_and_of_checks(ran: Ran, noted: Webhook):
    def context(run: dg.DagsterRun, event: dg.DagsterEventType) -> dg.RunStatusSensorContext:
        told = dg.DagsterEvent(event.value, run.job_name)
        return dg.build_run_status_sensor_context("tell", told, ran.instance, run, resources={"desk": Desk()})

    with context(ran.failed, dg.DagsterEventType.RUN_FAILURE) as of_failure:
        tell_of_failures(of_failure.for_run_failure())
    with context(ran.done, dg.DagsterEventType.RUN_SUCCESS) as of_success:
        tell_of_checks(of_success)
    assert [(body["runs"][0]["run_id"], body["runs"][0]["has_failed"]) for _, body in noted.posts] == [
        (ran.failed.run_id, True),
        (ran.done.run_id, False),
    ]


def test_no_sensor_waits_for_a_run():
    """With `home` it would wait for its turn, for longer than Dagster waits for a sensor."""
    sensors = list(defs().sensors or [])
    assert {sensor.name for sensor in sensors} == {"late_files", "tell_of_failures", "tell_of_checks"}
    for sensor in sensors:
        assert isinstance(sensor, dg.SensorDefinition)
        assert sensor.required_resource_keys <= {"desk"}, sensor.name


def test_a_night_tells_of_its_runs_once(ran: Ran, noted: Webhook):
    days = date(2026, 3, 1), date(2026, 3, 2)
    runs = [ran.failed.run_id, ran.done.run_id]
    assert tell_of_night(ran.home, *days, runs, RuntimeError("run failed in broken")) == []
    [(_, body)] = noted.posts
    assert [run["run_id"] for run in body["runs"]] == runs
    assert body["repeat"].endswith("quarterhour run --from 2026-03-01 --to 2026-03-02")
    assert tell_of_night(ran.home, *days, []) == []
    assert len(noted.posts) == 1
    noted.answers = [403]
    assert tell_of_night(ran.home, *days, runs) == ["not told by webhook: 127.0.0.1 answers 403 Forbidden"]


def test_killed_runs_are_told_by_whoever_finds_them_but_those_of_the_daemon(ran: Ran, noted: Webhook):
    """Of those the daemon's own sensor tells: a failure is told once."""
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("quarterhour"), "repository")
    origin = RemoteJobOrigin(repository, "small")
    of_daemon = ran.instance.create_run_for_job(small, remote_job_origin=origin)
    of_shell = ran.instance.create_run_for_job(small)
    for run in (of_daemon, of_shell):
        ran.instance.report_run_failed(run, "The process of this run was killed.")
    assert tell_of_killed(ran.home, ran.instance, [of_daemon.run_id, of_shell.run_id]) == []
    [(_, body)] = noted.posts
    assert [run["run_id"] for run in body["runs"]] == [of_shell.run_id]
    assert tell_of_killed(ran.home, ran.instance, []) == []
    noted.answers = [403]
    problem = "not told by webhook: 127.0.0.1 answers 403 Forbidden"
    assert tell_of_killed(ran.home, ran.instance, [of_shell.run_id]) == [problem]


def test_a_night_whose_storage_is_broken_is_told_all_the_same(
    ran: Ran, tmp_path: Path, noted: Webhook, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text("run_storage: {module: no.such, class: Storage}\n")
    day = date(2026, 3, 1)
    assert tell_of_night(ran.home, day, day, [ran.failed.run_id], RuntimeError("no database")) == []
    [(_, body)] = noted.posts
    assert body["error"] == "no database"
    assert body["runs"] == []


def test_a_night_that_is_refused_is_told(noted: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """From cron nobody reads what the command says."""
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["run", "--date", "1990-01-01"])
    assert ended.value.code == 2
    [(_, body)] = noted.posts
    assert body["subject"] == "quarterhour: a run failed"
    assert body["error"].startswith("1990-01-01 lies outside")
    assert body["repeat"].endswith("quarterhour run --date 1990-01-01")
    with pytest.raises(SystemExit):
        main(["run", "--from", "2026-03-02", "--to", "2026-03-01"])
    assert noted.posts[1][1]["error"] == "--from lies after --to"


def test_a_night_that_cannot_find_its_days_is_told(
    noted: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    Landing(tmp_path).alerts("shop", "2026-03-01", 1)
    refused, damaged = (
        tmp_path / "lake" / table / "alerts" / "2026-03-01.parquet" for table in ("quarantine", "files")
    )
    for path in (refused, damaged):
        path.parent.mkdir(parents=True)
        path.write_text("no Parquet")
    with pytest.raises(SystemExit) as ended:
        main(["run"])
    assert ended.value.code == 1
    [(_, body)] = noted.posts
    assert str(damaged) in body["error"]
    assert body["repeat"].endswith("quarterhour run")


def ended(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a space in its name, of which lake and ledger cannot be read."""
    home = tmp_path / "a home"
    monkeypatch.setenv("QUARTERHOUR_HOME", str(home))
    Landing(home).alerts("shop", "2026-03-01", 1)
    for path in ("lake/files/alerts/2026-03-01.parquet", "ledger/00000001.json"):
        (home / path).parent.mkdir(parents=True)
        (home / path).write_text("damaged")
    return home


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("backup --to /dev/null/backups", "/dev/null/backups"),
        ("retain --raw-days 30 --by dpo --reason 'policy 7'", "2026-03-01.parquet"),
        ("issue", "00000001.json"),
        ("issue --month 2026-01", "00000001.json"),
    ],
)
def test_a_command_of_a_timer_that_fails_is_told_with_what_repeats_it(
    noted: Webhook, damaged: Path, words: str, error: str, capsys: pytest.CaptureFixture[str]
):
    assert ended(*shlex.split(words)) == 1
    [(_, body)] = noted.posts
    assert body["subject"] == f"quarterhour: {words.split(maxsplit=1)[0]} failed"
    assert body["home"] == str(damaged)
    assert error in body["error"]
    assert body["repeat"] == f"QUARTERHOUR_HOME='{damaged}' quarterhour {words}"
    assert f"To run it again: {body['repeat']}" in body["text"]
    told = capsys.readouterr().err
    assert body["error"] in told
    assert "not told" not in told
    noted.answers = [403]
    assert ended(*shlex.split(words)) == 1
    assert "not told by webhook: 127.0.0.1 answers 403 Forbidden" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("retain --raw-days 30 --dry-run", 1),
        ("retain --raw-days 0", 2),
        ("retain --raw-days many", 2),
        ("issue --month 2026-13", 2),
        ("backup --to {home}/backups", 2),
    ],
)
def test_a_dry_run_and_what_was_given_wrongly_are_told_by_the_command_alone(
    noted: Webhook, damaged: Path, words: str, code: int
):
    assert ended(*(word.format(home=damaged) for word in words.split())) == code
    assert noted.posts == []


def test_a_command_that_does_its_work_is_not_told(noted: Webhook, damaged: Path):
    assert ended("backup", "--to", str(damaged.parent / "backups")) == 0
    assert noted.posts == []


# Settings and the command


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('{webhook = "ftp://example.org"}', "https://"),
        ('{webhook = "https://me:word@example.org"}', "password"),
        ('{webhook = "http://example.org", token_env = "T"}', "open line"),
        ('{token_env = "T"}', "needs webhook"),
        ('{token = "T"}', "token_env"),
        ('{mail = {host = "h", sender = "a@b", to = "customer"}}', "no customer"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(table: str, fault: str):
    with pytest.raises(SettingsError, match=fault):
        load_settings({"QUARTERHOUR_NOTIFY": table})


def test_the_command_tries_every_channel(
    hook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["notify", "test"])
    assert ended.value.code == 2
    assert "nobody to tell" in capsys.readouterr().err
    monkeypatch.setenv("QUARTERHOUR_NOTIFY", f'{{webhook = "{hook.url}", command = ["false"]}}')
    with pytest.raises(SystemExit) as ended:
        main(["notify", "test"])
    assert ended.value.code == 1
    assert capsys.readouterr().out == "told by webhook\nnot told by command: false ended with 1\n"
