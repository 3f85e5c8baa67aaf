"""Names that are safe in paths, URLs and sentences, whatever an account is called."""

import base64
import hashlib
import re
import unicodedata
from datetime import date

_SLUG_LENGTH = 40
_HASH_LENGTH = 16  # base32 characters: 80 bits
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
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
    digest = hashlib.sha256(account_id.encode("utf-8", "surrogatepass")).digest()
    suffix = base64.b32encode(digest).decode("ascii").lower()[:_HASH_LENGTH]
    return f"{_slug(name) or _slug(account_id) or 'account'}-{suffix}"


def month_folder(month: date) -> str:
    """Folder of a month's pages: `1999-02`."""
    return f"{month.year:04d}-{month.month:02d}"


def display_name(name: str | None, otherwise: str) -> str:
    """A name as people may see it: no control or override characters, and never blank."""
    for candidate in (name or "", otherwise):
        shown = "".join(_REPLACEMENT if _is_harmful(char) else char for char in candidate).strip()
        if any(unicodedata.category(char) not in _INVISIBLE_CATEGORIES for char in shown):
            return shown
    return "(no name)"


def _is_harmful(char: str) -> bool:
    return char in _DECEPTIVE or unicodedata.category(char) in ("Cc", "Cs")


def _slug(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return _NOT_SLUG.sub("-", folded)[:_SLUG_LENGTH].strip("-")
