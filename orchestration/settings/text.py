"""Settings for people: those in force with where each came from, and the page that describes them all."""

import ast
import inspect
import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field
from typing import Any

from orchestration.settings.loading import FILE_NAME, PREFIX, Loaded, Settings
from orchestration.settings.readers import Reader, reader_of, settings_of
from orchestration.terminal import plain

_GIVEN = re.compile(r"(?i)((?:passw\w*|secret|token|api_?key|authorization|bearer)\W{1,3})[^\s\"]+")
"""A secret inside a text of its own, such as a program's argument `--token=…`."""
_USER = re.compile(r"(://)[^/@\s\"]+@")

INTRODUCTION = f"""\
# Settings

Each can stand in `{FILE_NAME}` in the home folder, or in the environment as `{PREFIX}<NAME>`, which stands
before the file. A table is inline TOML there, `{PREFIX}OUTBOX='{{command = ["lp"]}}'`, and replaces the whole
table of the file. All are checked when a command or a run starts, and
every fault is told at once. `quarterhour settings` prints those in force, and where each came from.

**Secrets stand in the environment alone**: a setting whose name ends with `_env` names the variable, and a
password in the file or in a table of settings is refused.

This page is made by `quarterhour settings --describe > docs/settings.md`.
"""
HEAD = ("| setting | default | takes | |", "|---|---|---|---|")


def shown(loaded: Loaded, environ: Mapping[str, str] | None = None) -> str:
    """A line for each setting, as the file would say it, with where it came from; secrets left out."""
    env = os.environ if environ is None else environ
    origin = PREFIX + "HOME" if env.get(PREFIX + "HOME") else "default"
    lines = [(f"home = {plain(loaded.settings.home)}", origin)]
    lines += _lines(loaded, loaded.settings, (), env)
    width = max(len(line) for line, _ in lines if len(line) <= 60)
    told = [f"{line:<{width}}  # {origin}" for line, origin in lines]
    return "\n".join([*told, *_unused(loaded, env)]) + "\n"


def _lines(
    loaded: Loaded, table: Any, place: tuple[str, ...], env: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for name, its in settings_of(type(table)).items():
        reader, value, here = reader_of(its), getattr(table, name), (*place, name)
        if reader.table and value is not None:
            yield from _lines(loaded, value, here, env)
            continue
        line = f"{'.'.join(here)} = {_said(reader, value)}"
        if name.endswith("_env") and value is not None:
            line += " (set)" if env.get(value) else " (not set)"
        yield line, loaded.origin(*here)


def _said(reader: Reader, value: Any) -> str:
    return "(none)" if value is None else plain(_USER.sub(r"\1…@", _GIVEN.sub(r"\1…", reader.show(value))))


def _unused(loaded: Loaded, env: Mapping[str, str]) -> Iterator[str]:
    """Variables that look like settings and are none: perhaps misspelt."""
    known = {PREFIX + name.upper() for name in (*settings_of(Settings), "home", "warehouse")}
    named = set(_variables(loaded.settings))
    for name in sorted(env.keys() - known - named):
        if name.startswith(PREFIX):
            yield f"# {plain(name)} is set, but is no setting"


def _variables(table: Any) -> Iterator[str]:
    """The variables that settings name."""
    for name, its in settings_of(type(table)).items():
        value = getattr(table, name)
        if reader_of(its).table and value is not None:
            yield from _variables(value)
        elif name.endswith("_env") and value is not None:
            yield value


def described() -> str:
    """The page of all settings, in Markdown."""
    home = f"| `home` | `./data` | only as `{PREFIX}HOME` | Folder of everything. |"
    return "\n".join([INTRODUCTION, *HEAD, home, *_described(Settings, ())]) + "\n"


def _described(kind: type, place: tuple[str, ...]) -> Iterator[str]:
    """A row for each setting of a table, then the tables in it."""
    told, nested = sentences(kind), []
    for name, its in settings_of(kind).items():
        reader, path = reader_of(its), (*place, name)
        if reader.table:
            nested.append((reader.table, path, told[name]))
        else:
            yield f"| `{name}` | {_default(its, reader)} | {reader.takes} | {told[name]} |"
    for table, path, sentence in nested:
        yield from ("", f"## `[{'.'.join(path)}]`", "", sentence, "", *HEAD)
        yield from _described(table, path)


def _default(its: "Field[Any]", reader: Reader) -> str:
    if its.default is MISSING and its.default_factory is MISSING:
        return "must be given"
    value = its.default if its.default_factory is MISSING else its.default_factory()
    return "none" if value in (None, ()) else f"`{reader.show(value)}`"


def sentences(kind: type) -> dict[str, str]:
    """The sentence below each field of a dataclass."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[field.target.id] = inspect.cleandoc(str(below.value.value))
    return found
