"""When two addresses are one mailbox, and what can be none."""

import pytest

from chassis.errors import Invalid
from commons.email import canonical_email


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (" Ada@EXAMPLE.com ", "ada@example.com"),
        ("x@bücher.example", "x@xn--bcher-kva.example"),
        ('"a b"@example.com', '"a b"@example.com'),
    ],
)
def test_one_mailbox_has_one_form(address: str, found: str) -> None:
    assert canonical_email(address) == found


@pytest.mark.parametrize(
    "address",
    ["nobody", "@example.com", "a@", "a b@example.com", "a@b..example", f"{'a' * 65}@example.com", "a\n@b.example"],
)
def test_what_can_be_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="this is no e-mail address"):
        canonical_email(address)
