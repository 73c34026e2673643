"""Bodies of webhooks: forms and JSON objects, blank values kept, within limits, in UTF-8 or not at all."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

import msgspec

from common.web.problems import BadRequest
from telephony_gateway.domain.form import Form

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
MAX_FIELDS: Final = 400
_OBJECTS: Final = msgspec.json.Decoder(dict[str, str | int | float | bool | None])


class BadForm(BadRequest):
    """The form can't be read."""

    slug = "bad-form"


def parse_form(body: bytes) -> Form:
    """Raises `BadForm` for anything but percent-encoded UTF-8, and for more than `MAX_FIELDS` fields."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_FIELDS
        )
    except UnicodeDecodeError as error:
        raise BadForm("not UTF-8") from error
    except ValueError as error:
        raise BadForm(f"more than {MAX_FIELDS} fields") from error
    return Form(pairs)


def parse_json(body: bytes) -> Form:
    """A flat JSON object as parameters. Raises `BadForm`."""
    try:
        values = _OBJECTS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadForm(f"no flat JSON object: {error}") from error
    return Form((name, "" if value is None else str(value)) for name, value in values.items())
