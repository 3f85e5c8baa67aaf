"""One JSON line as one row, with care: what it holds, or why it cannot be taken (R20)."""

import re
from collections.abc import Mapping

from transforms.canonical_json import JsonError, NumberText, decode, encode
from transforms.contracts import Contract
from transforms.reading import faults_told, shortened, unsound_text

_WHOLE = re.compile(r"-?[0-9]+")


def row_of_line(raw: str, contract: Contract, is_sound: bool) -> dict[str, str | None]:
    """The delivered columns as text and the extra columns, or with a `fault` where the line has one."""
    if not is_sound:
        return {"fault": "not UTF-8"}
    try:
        value, repeated, repeated_deeper = decode(raw)
    except JsonError as fault:
        return {"fault": f"not JSON: {fault}"}
    if not isinstance(value, dict):
        return {"fault": f"not a JSON object but {_name_of(value)}"}
    row, faults = _known(value, contract)
    try:
        row["extra"] = extra_of(value, contract)
    except JsonError as fault:
        faults.append(f"unknown columns: {fault}")
    faults += [f"{shortened(name)}: occurs twice in the row" for name in (*repeated, *repeated_deeper)]
    return {**row, **dict.fromkeys(repeated), "fault": faults_told(faults)}


def extra_of(value: Mapping[str, object], contract: Contract) -> str | None:
    """The columns that the contract does not know, as canonical JSON; a null says nothing and is left out."""
    others = {
        name: item for name, item in value.items() if name not in contract.delivered and item is not None
    }
    if not others:
        return None
    extra = encode(others)
    if unsound := unsound_text(extra):
        raise JsonError(unsound)
    return extra


def _known(value: dict[str, object], contract: Contract) -> tuple[dict[str, str | None], list[str]]:
    row: dict[str, str | None] = {}
    faults = []
    for name in contract.delivered:
        item = value.get(name)
        if item is None:
            continue
        fault = _misfit(name, item, contract)
        if fault is None:
            row[name] = str(item).lower() if isinstance(item, bool) else str(item)
        else:
            faults.append(f"{name}: {fault}")
    return row, faults


def _misfit(name: str, item: object, contract: Contract) -> str | None:
    """Why a value cannot stand in a column; numbers may stand for ids and times."""
    if name == "is_test" and isinstance(item, (bool, str)):
        return None
    if isinstance(item, NumberText):
        whole = _WHOLE.fullmatch(item) is not None
        if whole and (name in contract.ids or name in contract.times or name == "is_test"):
            return None
        return f"a number where {_due(name, contract)} is due: {shortened(item)}"
    if isinstance(item, str):
        return unsound_text(item)
    return f"{_name_of(item)} where {_due(name, contract)} is due: {_shown(item)}"


def _shown(item: object) -> str:
    try:
        return shortened(encode(item)).encode("utf-8", "replace").decode()
    except JsonError as fault:
        return str(fault)


def _due(name: str, contract: Contract) -> str:
    if name == "is_test":
        return "true or false"
    return "a time" if name in contract.times else "text"


def _name_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, NumberText):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "an object" if isinstance(value, dict) else "a list"
