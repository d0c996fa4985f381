"""Reading a configuration file: what can't be read is said in one sentence."""

from pathlib import Path

import pytest

from katharion.config.load import ConfigError, load, parse


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="config example"):
        load(tmp_path / "none.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "k.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[tls]\ncertificate = "x"\n', "together"),
        ('[checks]\ndisabled = ["nose"]\n', "no check 'nose'"),
        ("[queue]\nlease_seconds = 30\n", "longer than an attempt"),
        ('listeners = "x"\n', "tables by name"),
        ("[limits]\nrecipients_count_max = 3\n", ">= 100"),
        ("limits = 3\n", "stands a table"),
        (
            '[policies.a]\nprobable_action = "redirect"\n[routes.r]\nmx = true\n',
            "needs an address in redirect_to",
        ),
        ('[policies.a]\nblock = ["x@"]\n', 'no "user@domain"'),
        ("[policies.a]\ndefinite_score = 1\n", "below probable_score"),
        ('[routes.r]\nmx = true\nnext_hops = ["a"]\n', "not both"),
        ("[edge]\ncommand_seconds_max = inf\n", "finite number"),
        ("[queue]\nretry_seconds = [60, inf]\n", "finite number"),
        ("[listeners.a]\n[listeners.b]\n", "those of listeners.a"),
        ('[listeners."a=b"]\n', "letters, digits"),
        ('[listeners."a,b"]\n', "letters, digits"),
        ("[listeners]\n", "At least one is needed"),
        ("".join(f"[listeners.l{n}]\nport = {n + 1}\n" for n in range(17)), "At most 16"),
        ('runtime = ""\n', "no absolute path"),
        ('store = "store"\n', "no absolute path"),
        (f'runtime = "/{"r" * 80}"\n', "At most 80 octets"),
        ('[dmarc]\ntake_reports_at = ["r@x.example"]\n', "no address of a domain served here"),
        (
            (
                '[dmarc]\ntake_reports_at = ["r@x.example"]\n[routes.r]\nmx = true\n'
                'on_failure = "defer"\n[domains."x.example"]\nroute = "r"\nrecipients = "all"\n'
            ),
            "reports are taken from the queue",
        ),
    ],
)
def test_meaning_is_checked_too(text: str, said: str) -> None:
    lead, _, tables = text.partition("[") if not text.startswith("[") else ("", "", text[1:])
    whole = f'{lead}hostname = "mx.example.org"\n' + (f"[{tables}" if tables else "")
    with pytest.raises(ConfigError) as caught:
        parse(whole)
    assert said in str(caught.value)


def test_a_digest_names_the_text() -> None:
    one, same, other = (parse(f'hostname = "{n}.example.org"\n') for n in ("a", "a", "b"))
    assert one.digest == same.digest != other.digest
