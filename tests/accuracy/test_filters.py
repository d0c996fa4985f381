"""What the peers answer, read; their scores, kept; messages, prepared; the page, written."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from accuracy import bogofilter, rspamd, spamassassin, table
from accuracy.corpus import Mail, listed, prepare, stripped
from accuracy.filters import Band, Filter, Kind, Score, Scored, measured, online
from accuracy.metrics import curve
from accuracy.plot import svg
from accuracy.splits import Split, View

HAM = Mail("a/1", "ham", "a", "k1", 2001, "", Path())
SPAM = Mail("a/2", "spam", "a", "k2", 2001, "", Path())
VIEW = View("a", frozenset("a"), frozenset("a"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("S 0.9999461419443484", Score(0.9999461419443484, Band.HELD)),
        ("U 0.5050545508518588", Score(0.5050545508518588, Band.UNSURE)),
        ("H 0.0000000000000000", Score(0.0, Band.PASSED)),
    ],
)
def test_bogofilter_is_read(line: str, expected: Score) -> None:
    assert bogofilter.parsed(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Spam: True ; 7.2 / 5.0", Score(7.2, Band.HELD)),
        ("Spam: False ; -1.9 / 5.0", Score(-1.9, Band.PASSED)),
    ],
)
def test_spamd_is_read(line: str, expected: Score) -> None:
    answer = f"SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\n{line}\r\n\r\n"
    assert spamassassin.parsed(answer) == expected


def test_spamd_that_says_nothing_is_no_score() -> None:
    with pytest.raises(AssertionError, match="spamd"):
        spamassassin.parsed("")


@pytest.mark.parametrize(
    ("action", "band"),
    [
        ("reject", Band.HELD),
        ("add header", Band.HELD),
        ("rewrite subject", Band.HELD),
        ("greylist", Band.PASSED),
        ("no action", Band.PASSED),
    ],
)
def test_rspamd_is_read(action: str, band: Band) -> None:
    answer = f'{{"score": 6.25, "required_score": 15.0, "action": "{action}"}}'
    assert rspamd.parsed(answer.encode()) == Score(6.25, band)


def test_no_opinion_of_others_is_left() -> None:
    octets = (
        b"From ann@a.example Mon Jan  1\r\nReceived: by a.example\r\n"
        b"X-Spam-Status: Yes,\r\n tests=A\r\nSubject: X-Spam\r\n and more\r\n"
        b"authentication-results: b; spf=pass\r\nARC-Seal: i=1\r\nX-MS-Exchange-A: 1\r\n"
        b"X-MSMail-Priority: 3\r\n\r\nX-Spam-Status: in the body\r\nFrom us\r\n"
    )
    assert stripped(octets) == (
        b"Received: by a.example\nSubject: X-Spam\n and more\nX-MSMail-Priority: 3\n\n"
        b"X-Spam-Status: in the body\nFrom us\n"
    )
    assert stripped(b"") == b""


def test_mail_is_listed_and_prepared_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1").write_bytes(b"X-Spam: 1\r\nSubject: s\r\n\r\ntext\r\n")
    lines = (
        '{"id": "a/1", "label": "ham", "set": "a", "key": "k", "year": null}',
        '{"id": "a/2", "label": "backscatter", "set": "a", "key": "l"}',
    )
    (tmp_path / "manifest.jsonl").write_text("\n".join(lines))
    (mail,) = listed(tmp_path, tmp_path / "prepared")
    assert (mail.id, mail.label, mail.year) == ("a/1", "ham", 0)
    for _ in range(2):
        prepare([mail], tmp_path)
        assert mail.path.read_bytes() == b"Subject: s\n\ntext\n"
        (tmp_path / "a" / "1").write_bytes(b"another")


class Recorder:
    """A filter that calls spam what it was told, and keeps what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.known: dict[str, bool] = {}

    def learn(self, mails: Sequence[Mail]) -> None:
        self.asked += [f"learn {mail.id}" for mail in mails]
        self.known |= {mail.id: mail.is_spam for mail in mails}

    def judge(self, mails: Sequence[Mail]) -> list[Score]:
        self.asked += [f"judge {mail.id}" for mail in mails]
        return [Score(float(self.known.get(m.id, False)), Band.PASSED) for m in mails]

    def cpu_seconds(self) -> float:
        return float(len(self.asked))


def recorded() -> tuple[Recorder, Kind]:
    recorder = Recorder()

    @contextmanager
    def opened() -> Iterator[Filter]:
        yield recorder

    return recorder, Kind("recorder", "1", opened)


def test_scores_are_kept_by_version_settings_and_mail(tmp_path: Path) -> None:
    recorder, kind = recorded()
    split = Split("a", (HAM,), (SPAM, HAM), (VIEW,), "")
    first = measured(kind, split, tmp_path)
    assert first.cpu_ms == 1000.0, "what was learned is not counted"
    assert recorder.asked == ["learn a/1", "judge a/2", "judge a/1"]
    assert measured(kind, split, tmp_path) == first
    assert len(recorder.asked) == 3, "the second time it is not asked"
    for other in (
        kind._replace(version="2"),
        kind._replace(settings="x"),
        kind._replace(is_kept=False),
    ):
        recorder.asked.clear()
        measured(other, split, tmp_path)
        assert recorder.asked
    recorder.asked.clear()
    measured(kind, split._replace(test=(HAM, SPAM)), tmp_path)
    assert recorder.asked, "another order is another run"


def test_online_each_is_judged_before_it_is_learned(tmp_path: Path) -> None:
    recorder, kind = recorded()
    scored = online(kind, (SPAM, SPAM, HAM), tmp_path)
    assert [score.value for score in scored.scores] == [0.0, 1.0, 0.0]
    assert recorder.asked[:3] == ["judge a/2", "learn a/2", "judge a/2"]
    assert online(kind, (SPAM, SPAM, HAM), tmp_path) == scored


def test_the_page_has_all_figures() -> None:
    scored = Scored([Score(1.0, Band.UNSURE), Score(3.0, Band.HELD)], 0.5)
    found = table.row("peer", (HAM, SPAM), scored, VIEW)
    section = table.view_section("a: 1 ham, 1 spam", [found])
    assert "| peer | 1.0000 (1.0000 to 1.0000) | 100 (100 to 100) |" in section
    assert "unsure of 100" in section
    no_ham = table.row("peer", (SPAM, SPAM), scored, VIEW)
    assert "| peer | - | - | - | 50 (" in table.view_section("b", [no_ham])
    assert "| peer | 0 (0 to 0) |" in table.online_section("Online", [found])


def test_the_plot_is_well_formed() -> None:
    roc = curve(np.arange(100.0), np.arange(50.0, 150.0))
    panels = {name: {"katharion": roc, "a & b": roc} for name in ("x", "y", "z", "w")}
    root = ET.fromstring(svg(panels))  # noqa: S314 # Our own.
    lines = root.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 8
