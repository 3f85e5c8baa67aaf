"""A page read back: its tables as rows of texts, its addresses, and what a browser would run."""

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Parses a page; fails where tags do not match, as escaping gone wrong would make them."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, list[list[str]]] = {}
        self.texts: dict[str, str] = {}
        self.values: dict[str, list[str]] = {}
        """By the id of an element around them, what `<data>` says, for programs."""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[tuple[str, str | None]] = []
        self._rows: list[list[str]] | None = None
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag in VOID:
            return
        self._open.append((tag, attributes.get("id")))
        if tag == "data":
            for _, key in self._open:
                if key:
                    self.values.setdefault(key, []).append(attributes["value"] or "")
        if tag == "table":
            key = attributes.get("id") or attributes.get("class") or f"table-{len(self.tables)}"
            self._rows = self.tables.setdefault(key, [])
        elif self._rows is not None and tag == "tr":
            self._rows.append([])
        elif self._rows is not None and tag in ("td", "th"):
            self._rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        if tag == "table":
            self._rows = None

    def handle_data(self, data: str) -> None:
        if any(tag == "style" for tag, _ in self._open):
            return
        self.words.append(data)
        if self._rows and any(tag in ("td", "th") for tag, _ in self._open):
            self._rows[-1][-1] = (self._rows[-1][-1] + " " + data.strip()).strip()
        for _, key in self._open:
            if key:
                self.texts[key] = (self.texts.get(key, "") + " " + data.strip()).strip()

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def addresses(self) -> list[str]:
        named = ("href", "src", "srcset", "action", "poster", "data", "xlink:href")
        return [
            value or ""
            for _, attributes in self.elements
            for key, value in attributes.items()
            if key in named
        ]

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def count(text: str) -> int:
    return int(text.replace(",", ""))
