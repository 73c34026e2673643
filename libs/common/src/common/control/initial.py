"""What the environment says of switches: their values until somebody sets them."""

from __future__ import annotations

from typing import Any

import msgspec

from common.control.catalogue import CATALOGUE, Switch, SwitchRefused
from common.control.setting import Key
from common.settings import Environment


def read_initial(env: Environment) -> dict[Key, Any]:
    """The initial values that are not the defaults. Faults stay with `env`.

    Plain values as they are (`false`, `64`, `stub`), others as JSON; of a switch with scopes the scopes where it is on, with commas
    between them (`JOBS_PAUSE=class:bulk,kind:contacts.import`).
    """
    found: dict[Key, Any] = {}
    for switch in CATALOGUE.values():
        text = env.text(switch.variable)
        if not text:
            continue
        try:
            found |= _read(switch, text)
        except SwitchRefused as error:
            env.fault(f"{switch.variable}: {error.detail}")
    return found


def _read(switch: Switch[Any], text: str) -> dict[Key, Any]:
    if switch.scopes is not None:
        scopes = [scope.strip() for scope in text.split(",") if scope.strip()]
        for scope in scopes:
            switch.check_scope(scope)
        return {(switch.name, scope): switch.convert(True) for scope in scopes}
    return {(switch.name, ""): switch.convert(value_of(switch, text))}


def value_of(switch: Switch[Any], text: str) -> object:
    """JSON's value for what a person typed. Raises `SwitchRefused`.

    A word needs no quotation marks, and `on`, `yes`, `off` and `no` will do for true and false.
    """
    if switch.kind is bool:
        text = {"on": "true", "yes": "true", "off": "false", "no": "false"}.get(text.lower(), text.lower())
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if text.startswith(("{", "[", '"')):
            raise SwitchRefused(f"{switch.name}: this is not JSON") from None
        return text
    if value is None:
        raise SwitchRefused(f"{switch.name}: null is no value; clear it instead")
    return value
