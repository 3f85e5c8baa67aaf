"""`quarterhour explain …`: why something counted as it did."""

from cyclopts import App
from rich.console import Console

from orchestration.commands.common import home_of_settings

explain = App(name="explain", help="Say why something counted as it did, down to file and line.")


@explain.command(name="session")
def explain_session(conversation_id: str, *, block: int | None = None) -> None:
    """Say why a conversation has the billing sessions that it has.

    What opened it, the legs taken out, the rows or legs that bound each billing session, the voice sessions
    of a call, what closed it and what follows, and the file and line of each row.

    Parameters
    ----------
    conversation_id
        As on the pages, in lake/conversations and in lake/billing_sessions.
    block
        One billing session of it, counted from 0.
    """
    from orchestration.counting.terms import terms_of
    from orchestration.explain.sessions import explain, next_conversation, single_session
    from orchestration.explain.sessions_text import show
    from orchestration.lake import Lake
    from orchestration.settings.loading import load_settings

    settings = load_settings()
    lake = Lake(home_of_settings())
    told = single_session(lake, conversation_id)
    if told is not None:
        print(told)
        return
    found = explain(lake, terms_of(lake, settings), conversation_id)
    show(found.stored, found.explanation, Console(), block, next_conversation(lake, found.stored))
    if found.dropped:
        print(found.dropped)


@explain.command(name="invoice")
def explain_invoice_number(number: str, *, line: int | None = None) -> None:
    """Say what a document's lines were made of: tiers, days, sessions and, of a single line, rows.

    Parameters
    ----------
    number
        The number of an issued document.
    line
        One line of it: then the rows are told too, by file and line.
    """
    from orchestration.counting.terms import terms_of
    from orchestration.explain.invoices import explain_invoice
    from orchestration.explain.invoices_text import show
    from orchestration.explain.sessions import rows_told
    from orchestration.lake import Lake
    from orchestration.settings.loading import load_settings

    home = home_of_settings()
    entry, lines = explain_invoice(home, number, line)
    lake = Lake(home)
    terms = terms_of(lake, load_settings())
    rows = None if line is None else lambda conversation_id: rows_told(lake, terms, conversation_id)
    show(entry, lines, Console(soft_wrap=True, highlight=False), rows)
