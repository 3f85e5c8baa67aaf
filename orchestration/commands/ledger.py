"""`quarterhour issue` and `quarterhour ledger …`: documents, once their time has come."""

from cyclopts import App

from orchestration.commands.common import home_of_settings, stage, words_of
from orchestration.errors import RunError
from orchestration.terminal import plain, say, warn


def issue(*, month: str | None = None) -> None:
    """Issue the documents that are due, and say which must wait, and until when.

    Issuing twice issues nothing twice.

    Parameters
    ----------
    month
        Only those of a month such as 2026-03, and of the months before it.
    """
    from orchestration.billing.issuing import RELEASE, month_of
    from orchestration.billing.issuing import issue as issue_due
    from orchestration.outbox.filling import fill_outbox
    from orchestration.runs.one_run import only_run
    from orchestration.runs.telling import telling_of_command
    from orchestration.settings.loading import load_settings

    home = home_of_settings()
    told = telling_of_command(home, *words_of("issue", month=month))
    with told, stage("issuing…"), only_run(home, "quarterhour issue", say):
        issued = issue_due(home, month_of(month))
        outbox = fill_outbox(home, load_settings())
    for entry in issued.entries:
        body = entry.body
        account = plain(body["account_id"])
        print(f"{entry.number:<32} {account:<24} {body['total']:>18} {body['currency']}")
    print(f"{len(issued.entries)} issued, {len(issued.held)} held back, {len(issued.waiting)} waiting")
    for wait in issued.waiting:
        print(plain(f"waits: {wait.account_id} {wait.month:%Y-%m}, {wait.reason}"))
    for held in issued.held:
        warn(plain(f"held back: {held.account_id} {held.month:%Y-%m}, {held.reason}"))
    if issued.held:
        warn(RELEASE)
    for problem in [*outbox.failed, *outbox.unknown]:
        warn(problem)


ledger = App(name="ledger", help="The issued documents.")


@ledger.command(name="list")
def list_ledger() -> None:
    """All issued documents: number, date, account and total."""
    from orchestration.ledger import Ledger

    for entry in Ledger(home_of_settings()).entries():
        if entry.number:
            body = entry.body
            total = f"{body['total']} {body['currency']}"
            print(f"{entry.number:<32} {entry.issue_date} {plain(body['account_id']):<24} {total:>22}")


@ledger.command(name="verify")
def verify_ledger() -> None:
    """Read every entry again and prove the chain: no byte changed, nothing removed, no number missing."""
    from orchestration.ledger import Ledger

    kept = Ledger(home_of_settings())
    findings = kept.verify()
    for finding in findings:
        warn(finding)
    if findings:
        raise RunError(f"the ledger is not as it was written: {len(findings)} findings")
    print(f"{len(kept.entries()):,} entries, all as they were written; last hash {kept.version()}")
