"""Where a document's files lie in the tree of a role, by what the marts say of it."""

from datetime import date
from pathlib import Path
from typing import Any

from orchestration.console.tree import size_of
from reports import names
from reports.models.orders import DocumentFiles


def document_files(row: dict[str, Any], documents: Path | None = None) -> DocumentFiles:
    """The files of a row that has what `invoices` says of a document.

    Its PDF counts where it is in the folder, in which documents are written before the pages that name them.
    """
    number: str | None = row["invoice_number"]
    if number is None:
        month: date = row["invoice_month"]
        label = f"Draft {names.month_folder(month)}" if row["document_class"] == "month" else "Draft"
        return DocumentFiles(label, names.draft_name(row["document_class"], row["invoice_id"], month))
    name = names.document_name(number)
    has_pdf = documents is not None and size_of(f"{documents}/{name}.pdf") is not None
    return DocumentFiles(number, name, has_pdf=has_pdf)
