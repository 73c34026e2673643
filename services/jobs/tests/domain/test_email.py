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
        "d" * 65 + "@x.example",
        "dañá@x.example",
        '"dana"@x.example',
        "dana..b@x.example",
        ".dana@x.example",
        "dana@x..example",
        "dana@-x.example",
        "dana@x.example.",
        "dana@[127.0.0.1]",
        "dana\x00@x.example",
        "dana@" + "ü" * 200 + ".example",
        "dana@x.example>\r\nRCPT TO:<eve@x.example",
    ],
)
def test_an_address_that_mail_can_not_go_to_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        type(email("e1"))(**{**_fields(), "recipient": address})


@pytest.mark.parametrize("address", ["dana@x.example", "d.o'neil+alerts@mail.x.example", "d@bücher.example"])
def test_an_address_that_mail_can_go_to_is_kept_as_it_was_given(address: str) -> None:
    assert type(email("e1"))(**{**_fields(), "recipient": address}).recipient == address


def test_a_subject_is_one_line() -> None:
    assert type(email("e1"))(**{**_fields(), "subject": "Hi\r\nBcc: x"}).subject == "Hi Bcc: x"


def _fields() -> dict[str, object]:
    sample = email("e1")
    return {name: getattr(sample, name) for name in sample.__dataclass_fields__}
