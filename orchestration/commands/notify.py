"""`quarterhour notify …`: whom failures are told to."""

from cyclopts import App

from orchestration.errors import RunError, UsageError

notify = App(
    name="notify",
    help="Tell somebody of failed runs and checks, by webhook, mail or a command: [notify] in the settings.",
)


@notify.command
def test() -> None:
    """Send a test by every channel that the settings name.

    Ends with 1 where a channel does not take it.
    """
    from orchestration.notices.deciding import trial_notice
    from orchestration.notices.notifying import notify as tell
    from orchestration.settings.loading import load_settings

    settings = load_settings()
    outcomes = tell(settings.notify, trial_notice(settings.home))
    if not outcomes:
        raise UsageError("the settings name nobody to tell: [notify] has no webhook, mail or command")
    for outcome in outcomes:
        print(outcome)
    if any(outcome.problem for outcome in outcomes):
        raise RunError("not every channel took the test")
