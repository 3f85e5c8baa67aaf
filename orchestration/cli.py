"""The command `quarterhour`. Commands import what they need themselves: `--help` does not wait for it."""

import sys
from importlib.metadata import version

from cyclopts import App, CycloptsError

from orchestration.commands.account import account
from orchestration.commands.bench import bench
from orchestration.commands.common import home_named
from orchestration.commands.explain import explain
from orchestration.commands.files import generate, rate, sessionize
from orchestration.commands.keep import backup, doctor, restore
from orchestration.commands.ledger import issue, ledger
from orchestration.commands.nights import demo, run, serve
from orchestration.commands.notify import notify
from orchestration.commands.outbox import outbox
from orchestration.commands.privacy import forget, retain
from orchestration.commands.rebuild import rebuild
from orchestration.commands.settings import settings
from orchestration.errors import RunError, UsageError
from orchestration.runs.remedies import told
from orchestration.terminal import fail, say

app = App(
    name="quarterhour",
    version=lambda: version("quarterhour"),
    help="Turn the logs of a conversational platform into billing sessions, usage and invoices.\n\n"
    "The home folder is QUARTERHOUR_HOME (default ./data): landing/ holds the logs as delivered, reports/ "
    "the pages. Exit codes: 0 done, 1 a run failed, 2 the command cannot be carried out as given.",
)
for command in (
    account, backup, bench, demo, doctor, explain, forget, generate, issue, ledger, notify, outbox, rate,
    rebuild, restore, retain, run, serve, sessionize, settings,
):  # fmt: skip
    app.command(command)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and ends with its exit code."""
    from orchestration.settings.loading import SettingsError

    try:
        app(arguments, exit_on_error=False, print_error=True)
    except CycloptsError:
        sys.exit(2)
    except (UsageError, SettingsError) as error:
        fail(error)
        sys.exit(2)
    except RunError as error:
        fail(error)
        sys.exit(1)
    except OSError as error:
        fail(told(error, home_named()))
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)


if __name__ == "__main__":
    main()
