"""Names that are safe in paths, URLs and sentences, whatever an account is called."""

import base64
import hashlib
import re
import unicodedata
from datetime import date
from functools import lru_cache

_SLUG_LENGTH = 40
_HASH_LENGTH = 16  # base32 characters: 80 bits
_NUMBER_LENGTH = 64
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_PLAIN_NUMBER = re.compile(r"[A-Z]{3}-[a-z0-9]+(?:-[a-z0-9]+)*-[0-9]{4}-[0-9]{6,9}")
FOLDER = re.compile(rf"[a-z0-9]+(?:-[a-z0-9]+)*-[a-z2-7]{{{_HASH_LENGTH}}}")

# These reorder or hide the text that follows; LRM, RLM and the joiners are part of ordinary names.
_DECEPTIVE = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def account_folder(account_id: str, name: str) -> str:
    """Folder of an account's pages: a readable slug of its name, then a hash of its id.

    The hash alone decides, so equal names never collide; the alphabet is safe in every file system,
    in URLs, and where upper and lower case are the same.
    """
    return f"{_slug(name) or _slug(account_id) or 'account'}-{_hashed(account_id)}"


def month_folder(month: date) -> str:
    """Folder of a month's pages: `1999-02`."""
    return f"{month.year:04d}-{month.month:02d}"


def document_name(number: str) -> str:
    """Name of a document's files, without a suffix: its number, where that is safe everywhere.

    A number names its seller, whose id may have letters that a file system folds, or none that it knows: then
    it is a readable slug and a hash of the number, which alone decides.
    """
    if _PLAIN_NUMBER.fullmatch(number) and len(number) <= _NUMBER_LENGTH:
        return number
    return f"{_slug(number) or 'document'}-{_hashed(number)}"


def draft_name(document_class: str, document_id: str, month: date) -> str:
    """Name of a draft's files: that of a month by its month, of which an account has one."""
    if document_class == "month":
        return f"draft-{month_folder(month)}"
    return f"draft-{_hashed(document_id)}"


def shortened(text: str, length: int) -> str:
    """A text of at most so many characters; what is cut off shows as `…`."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


@lru_cache(8_192)
def display_name(name: str | None, otherwise: str) -> str:
    """A name as people may see it: no control or override characters, and never blank."""
    for candidate in (name or "", otherwise):
        shown = "".join(_REPLACEMENT if _is_harmful(char) else char for char in candidate).strip()
        if any(unicodedata.category(char) not in _INVISIBLE_CATEGORIES for char in shown):
            return shown
    return "(no name)"


def _is_harmful(char: str) -> bool:
    return char in _DECEPTIVE or unicodedata.category(char) in ("Cc", "Cs")


def _hashed(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:_HASH_LENGTH]


def _slug(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return _NOT_SLUG.sub("-", folded)[:_SLUG_LENGTH].strip("-")
