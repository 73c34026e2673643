from __future__ import annotations

import pytest
from jobs_store_contract import email

from jobs.domain.email import AddressRefused


@pytest.mark.parametrize(
    "address",
    [
        "",
        "dana",
        "@x.example",
        "dana@",
        "dana@localhost",
        "a b@x.example",
        "dana@x.example\nBcc: all@x.example",
        "dana@x.example,eve@x.example",
        "<dana@x.example>",
        "d" * 250 + "@x.example",
    ],
)
def test_an_address_that_mail_can_not_go_to_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        type(email("e1"))(**{**_fields(), "recipient": address})


def test_a_subject_is_one_line() -> None:
    assert type(email("e1"))(**{**_fields(), "subject": "Hi\r\nBcc: x"}).subject == "Hi Bcc: x"


def _fields() -> dict[str, object]:
    sample = email("e1")
    return {name: getattr(sample, name) for name in sample.__dataclass_fields__}
