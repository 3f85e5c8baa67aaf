"""What a page is refused for."""


class FiguresDisagreeError(ValueError):
    """A page's parts do not add up to its totals; such a page is not made."""
