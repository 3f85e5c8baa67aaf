"""Whose pages they are."""

from dataclasses import dataclass

from reports import names


@dataclass(frozen=True)
class Account:
    """An account as the `accounts` mart has it."""

    account_id: str
    name: str
    zone: str
    currency: str
    kind: str = "standard"

    @property
    def is_enterprise(self) -> bool:
        """Whether R16 and I5 hide agent counts and invoices."""
        return self.kind == "enterprise"

    @property
    def shows_agents(self) -> bool:
        """R16."""
        return not self.is_enterprise

    @property
    def shown_name(self) -> str:
        """The name for people; the id where there is none."""
        return names.display_name(self.name, self.account_id)

    @property
    def shown_id(self) -> str:
        """The id for people."""
        return names.display_name(self.account_id, "(empty)")

    @property
    def folder(self) -> str:
        """Folder of its pages below the site's root."""
        return names.account_folder(self.account_id, self.name)

    @property
    def document_file(self) -> str:
        """File of the month's document: a usage statement for Enterprise (I5), else an invoice."""
        return "statement.html" if self.is_enterprise else "invoice.html"

    @property
    def document_name(self) -> str:
        """What that document is called."""
        return "Usage statement" if self.is_enterprise else "Invoice"
