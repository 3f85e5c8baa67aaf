"""`quarterhour outbox …`: what finance receives, and how it is delivered."""

from cyclopts import App

from orchestration.errors import RunError
from orchestration.terminal import plain, say, warn

outbox = App(
    name="outbox",
    help="What finance receives: documents, register, journal and receivables by month of issue, and their "
    "delivery by mail or by a command.",
)


@outbox.command
def fill() -> None:
    """Write what has changed, and deliver what has not been delivered.

    The night does it after issuing. Ends with 1 where a document was not delivered.
    """
    from orchestration.outbox.filling import OUTBOX, fill_outbox
    from orchestration.runs.one_run import only_run
    from orchestration.settings.loading import load_settings

    settings = load_settings()
    with only_run(settings.home, "quarterhour outbox", say):
        result = fill_outbox(settings.home, settings)
    for sent in result.sent:
        print(f"sent: {plain(sent)}")
    print(f"{result.files_written:,} files written to {settings.home / OUTBOX}; {len(result.sent):,} sent")
    for failed in result.failed:
        warn(f"not sent, and tried again next time: {failed}")
    for unknown in result.unknown:
        warn(f"unknown whether sent, see outbox resend and outbox confirm: {unknown}")
    if result.failed or result.unknown:
        raise RunError(f"not delivered: {len(result.failed)}, unknown: {len(result.unknown)}")


@outbox.command
def resend(number: str) -> None:
    """Send a document again of which it is unknown whether it was sent, and all that waits with it.

    Parameters
    ----------
    number
        The document's number.
    """
    from orchestration.outbox.filling import send_again
    from orchestration.settings.loading import load_settings

    send_again(load_settings().home, number)
    fill()


@outbox.command
def confirm(number: str) -> None:
    """Note that a document has arrived of which it was unknown whether it was sent; it is not sent again.

    Parameters
    ----------
    number
        The document's number.
    """
    from orchestration.outbox.filling import confirm_sent
    from orchestration.settings.loading import load_settings

    confirm_sent(load_settings().home, number)
    print(f"{plain(number)} counts as sent")
