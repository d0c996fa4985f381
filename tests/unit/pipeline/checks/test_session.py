"""What the session noticed is found; what it calls otherwise is left alone."""

import pytest

from fixtures.fix_transaction import names, transaction
from katharion.pipeline.checks import session


@pytest.mark.parametrize(
    ("noticed", "wanted"),
    [
        ((), []),
        (("BARE_LF",), ["BARE_LF"]),
        (("BARE_LF", "LONG_LINE"), ["BARE_LF", "LONG_LINE"]),
        (("EARLY_TALKER", "HASTY_HELLO"), ["EARLY_TALKER", "HASTY_HELLO"]),
        (("SOMETHING_NEW",), []),
    ],
)
def test_findings(noticed: tuple[str, ...], wanted: list[str]) -> None:
    assert names(session.judge(transaction(session_findings=noticed))) == wanted
