"""What a server's words mean."""

import pytest

from katharion.mail.answer import Outcome, Words


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        *((200, Outcome.ACCEPTED), (250, Outcome.ACCEPTED), (252, Outcome.ACCEPTED)),
        *((550, Outcome.REFUSED), (599, Outcome.REFUSED)),
        *((421, Outcome.DEFERRED), (451, Outcome.DEFERRED)),
        # Unknown means temporary.
        *((0, Outcome.DEFERRED), (354, Outcome.DEFERRED), (100, Outcome.DEFERRED)),
        (999, Outcome.DEFERRED),
    ],
)
def test_code_to_outcome(code: int, outcome: Outcome) -> None:
    assert Words(code, "", ()).outcome is outcome


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (Words(250, "2.0.0", ("kept as 7",)), "250 2.0.0 kept as 7"),
        (Words(550, "", ("no", "really")), "550 no / really"),
        (Words(0, "", ("no connection",)), "no connection"),
        (Words(250, "", ()), "250"),
    ],
)
def test_words_for_people(words: Words, text: str) -> None:
    assert str(words) == text
