"""`quarterhour settings`: those in force, where each came from, and the page that describes them all."""

from typing import Annotated

from cyclopts import App, Parameter

settings = App(name="settings", help="The settings in force, and where each came from.")


@settings.default
def show(*, describe: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Print each setting with its value and where that came from: default, the file, or the environment.

    No secret is printed: of a variable that holds one its name is, and whether it is set. Ends with 2 where
    a setting cannot be used, and tells every fault.

    Parameters
    ----------
    describe
        Print instead what every setting means and takes: the text of docs/settings.md.
    """
    from orchestration.settings.loading import load
    from orchestration.settings.text import described, shown

    print(described() if describe else shown(load()), end="")
