"""The check of rules over whole messages."""

from fixtures.fix_transaction import CLEAN, names, transaction
from katharion.adapters.rules_folder import compiled, load_rules
from katharion.content.reading import read
from katharion.content.rules.options import RulesOptions
from katharion.mail.message import Message
from katharion.pipeline.checks.rules import VIEWS, RulesCheck
from katharion.pipeline.transaction import Transaction

READY = compiled(load_rules(RulesOptions()))
CHECK = RulesCheck(lambda: READY)
LURE = (
    b'From: "PayPal Service" <info@shop.example>\r\nTo: ann@example.com\r\nSubject: Notice\r\n'
    b"Content-Type: text/html\r\n\r\nYour account has been suspended. To restore it, click"
    b' <a href="http://evil.example/login.php">https://www.paypal.com/</a>\r\n'
)


def asked(content: bytes) -> Transaction:
    return transaction(content)._replace(reading=read(Message(content)))


def test_a_lure_is_told_with_its_reasons() -> None:
    found = CHECK.judge(asked(LURE))
    assert {"AUTHOR_BRAND_ELSEWHERE", "LOGIN_LINK_TRICK", "LINK_SHOWS_ANOTHER"} <= set(names(found))
    assert sum(finding.weight for finding in found) > 4
    assert all(finding.sentence for finding in found)


def test_a_clean_letter_has_nothing() -> None:
    assert CHECK.judge(asked(CLEAN)) == ()


def test_nothing_is_said_of_what_was_not_read() -> None:
    assert CHECK.judge(transaction(LURE)) == ()


def test_each_place_of_a_message_has_a_view() -> None:
    given = asked(LURE)
    from katharion.content.rules.facts import Given  # noqa: PLC0415 # Beside its use.

    said = {place: view(Given(given.message, given.reading)) for place, view in VIEWS.items()}
    assert said["author"] == "PayPal Service <info@shop.example>"
    assert said["target"] == "http://evil.example/login.php"
    assert said["host"] == "evil.example"
    assert said["link_text"] == "https://www.paypal.com/"
    assert "Subject: Notice" in said["header"]
    assert "suspended" in said["text"]
