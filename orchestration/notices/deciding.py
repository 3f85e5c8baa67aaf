"""What an operator is told of runs that failed, and of checks that did: the one place that decides it.

Names in it come from logs and from errors. They stand on one line, cut, with their controls escaped; a chat
system that gives `<…>` and `@…` a meaning finds neither in its text.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.landing.late_files import ARRIVAL_DAYS
from orchestration.terminal import plain

SHOWN = 20
"""Steps and checks that are told one by one."""
LENGTH = 600
"""Characters of a sentence that is told."""
END = 320
"""Of these, those of its end where a check tells it: there stands what to do."""
OF_INTEREST = {
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.RUN_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}
DAY, FIRST, LAST = (
    "dagster/partition",
    "dagster/asset_partition_range_start",
    "dagster/asset_partition_range_end",
)
_DEFANGED = str.maketrans({"<": "‹", ">": "›", "@": "＠"})


@dataclass(frozen=True)
class FailedStep:
    """A step, and the first line of its error."""

    step: str
    error: str


@dataclass(frozen=True)
class FailedCheck:
    """A check with its figures, and what it says, remedy included."""

    asset: str
    check: str
    severity: str
    figures: Mapping[str, str]
    told: str


@dataclass(frozen=True)
class RunTold:
    """A run, with what failed in it."""

    run_id: str
    job: str
    days: str
    has_failed: bool
    steps: tuple[FailedStep, ...] = ()
    checks: tuple[FailedCheck, ...] = ()

    @property
    def is_worth_telling(self) -> bool:
        """Whether there is anything to tell of it."""
        return self.has_failed or bool(self.checks)


@dataclass(frozen=True)
class Notice:
    """What is told, and the command that runs it again."""

    home: str
    subject: str
    runs: tuple[RunTold, ...] = ()
    error: str = ""
    repeat: str = ""

    def text(self) -> str:
        """For people."""
        lines = [self.subject, "", f"Home: {self.home}"]
        if self.error:
            lines.append(f"Error: {self.error}")
        for run in self.runs:
            lines += ["", f"Run {run.run_id}, job {run.job}{f', {run.days}' if run.days else ''}: "
                      f"{'failed' if run.has_failed else 'done'}"]  # fmt: skip
            lines += _some([f"- step {step.step}: {step.error}" for step in run.steps])
            lines += _some([_told(check) for check in run.checks])
        if self.repeat:
            lines += ["", f"To run it again: {self.repeat}"]
        return "".join(f"{plain(line)}\n" for line in lines)

    def payload(self) -> dict[str, Any]:
        """For programs; `text` is what chat systems show."""
        runs = [asdict(run) for run in self.runs]
        for run in runs:
            run["steps"], run["checks"] = run["steps"][:SHOWN], run["checks"][:SHOWN]
        return {
            "source": "quarterhour",
            "subject": self.subject,
            "home": self.home,
            "error": self.error,
            "runs": runs,
            "repeat": self.repeat,
            "text": self.text().translate(_DEFANGED),
        }


def _told(check: FailedCheck) -> str:
    figures = ", ".join(f"{name} {value}" for name, value in check.figures.items())
    return (
        f"- {check.severity} {check.asset}, {check.check}{f' ({figures})' if figures else ''}: {check.told}"
    )


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return lines[:SHOWN] + ([f"- and {more} more"] if more > 0 else [])


def trial_notice(home: Path) -> Notice:
    """By which an operator tries the channels."""
    return Notice(plain(home), "quarterhour: this is a test, nothing has failed")


def notice_of(
    home: Path, runs: Sequence[RunTold], *, repeat: str = "", error: BaseException | None = None
) -> Notice | None:
    """What is told of some runs, and of an error outside them; None where all is well."""
    told = tuple(run for run in runs if run.is_worth_telling)
    if not told and error is None:
        return None
    failed = [run for run in told if run.has_failed]
    checks = [check for run in told for check in run.checks]
    if failed or error is not None:
        subject = f"quarterhour: {', '.join(run.job for run in failed) or 'a run'} failed"
    else:
        worst = "ERROR" if any(check.severity == "ERROR" for check in checks) else "WARN"
        subject = f"quarterhour: {len(checks)} {'check' if len(checks) == 1 else 'checks'} failed ({worst})"
    days = next((run.days for run in told if run.days), "")
    return Notice(
        home=plain(home),
        subject=plain(f"{subject}{f', {days}' if days else ''}"),
        runs=told,
        error="" if error is None else _said(error),
        repeat=repeat or _repeat(home, told),
    )


def notice_of_command(home: Path, words: Sequence[str], error: BaseException) -> Notice:
    """What is told of a command that failed; its words repeat it."""
    return Notice(
        home=plain(home),
        subject=plain(f"quarterhour: {words[0]} failed"),
        error=_said(error),
        repeat=plain(command_of(home, *words)),
    )


def run_told(instance: dg.DagsterInstance, run: dg.DagsterRun, *, warnings: bool) -> RunTold:
    """What failed in a run, as Dagster's log has it; checks of severity WARN only where wanted."""
    records = instance.get_records_for_run(run.run_id, of_type=OF_INTEREST).records
    events = [record.event_log_entry.dagster_event for record in records]
    steps, checks, ends = [], {}, []
    for event in filter(None, events):
        if event.is_step_failure:
            error = event.step_failure_data.error
            steps.append(FailedStep(plain(event.step_key), _first_line(_cause(error))))
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            found = event.asset_check_evaluation_data
            if not found.passed and (warnings or found.severity == dg.AssetCheckSeverity.ERROR):
                checks[found.asset_check_key] = _failed(found)
        elif event.message:
            ends.append(FailedStep("(the run)", _first_line(event.message)))
    has_failed = run.status == dg.DagsterRunStatus.FAILURE
    if has_failed and not steps:
        steps = ends
    return RunTold(
        run_id=run.run_id,
        job=plain(run.job_name),
        days=_days(run.tags),
        has_failed=has_failed,
        steps=tuple(steps),
        checks=tuple(checks.values()),
    )


def _failed(found: dg.AssetCheckEvaluation) -> FailedCheck:
    return FailedCheck(
        asset=plain(found.asset_key.to_user_string()),
        check=plain(found.check_name),
        severity=found.severity.value,
        figures={
            plain(name): _cut(plain(value.value)) for name, value in list(found.metadata.items())[:SHOWN]
        },
        told=_cut(plain(found.description or "failed"), end=END),
    )


def _cause(error: Any) -> str:
    """The innermost message: Dagster wraps what a step raised."""
    while error is not None and error.cause is not None:
        error = error.cause
    return str(error.message) if error is not None else "no reason given"


def _said(error: BaseException) -> str:
    return _first_line(str(error) or type(error).__name__)


def _first_line(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return _cut(plain(next((line for line in lines if line), "no reason given")))


def _cut(text: str, end: int = 0) -> str:
    """A text of which so many characters of the end stay, where it is too long."""
    return text if len(text) <= LENGTH else f"{text[: LENGTH - end]}…{text[len(text) - end :]}"


def _days(tags: Mapping[str, str]) -> str:
    """The arrival days of a run: one, a range as `first to last`, or several with commas between."""
    late = tags.get(ARRIVAL_DAYS, "").split(",")
    if len(late) > 1:
        return plain(", ".join(late))
    first, last = tags.get(FIRST) or tags.get(DAY, ""), tags.get(LAST) or tags.get(DAY, "")
    return plain(first if first == last else f"{first} to {last}")


def command_of(home: Path, *words: str) -> str:
    """A command of a home, as a shell takes it."""
    return f"QUARTERHOUR_HOME={shlex.quote(str(home))} quarterhour {shlex.join(words)}"


def repeat_of(home: Path, first: object = None, last: object = None) -> str:
    """The command that runs some days again; without days, what is left to do."""
    days = ("--date", first) if first == last else ("--from", first, "--to", last)
    return command_of(home, "run", *(map(str, days) if first else ()))


def _repeat(home: Path, runs: Sequence[RunTold]) -> str:
    """The command where days are known; other runs Dagster can repeat itself."""
    failed = [run for run in runs if run.has_failed]
    for run in failed or runs:
        if "," in run.days:  # late files of several days: what waits is found without their names
            return plain(repeat_of(home))
        if run.days:
            first, _, last = run.days.partition(" to ")
            return plain(repeat_of(home, first, last or first))
    return f"in Dagster's UI: Runs, {failed[0].run_id}, Re-execute" if failed else ""
