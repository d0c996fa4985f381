"""Messages and what we say of them: x.eml is judged, and x.json is what came of it.

`make golden` (KATHARION_GOLDEN=rewrite) writes the answers anew; the diff is reviewed.
"""

import asyncio
import os
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from fakes.fake_clock import FakeClock
from fakes.fake_resolver import FakeResolver
from fixtures.fix_transaction import ANN, transaction
from katharion.mail.trace import strip_own
from katharion.pipeline.disposition import Judged, plan
from katharion.pipeline.explain import explain
from katharion.pipeline.run import ChecksOptions, Pipeline
from katharion.values.dns import DnsAnswer, DnsStatus, Question
from katharion.values.policy import Action, EffectivePolicy, FailMode

HERE = Path(__file__).parent
MESSAGES = sorted(HERE.glob("*.eml"))


class Setting(NamedTuple):
    """How a message came, and under whose policy. By default: from an honest server."""

    policy: EffectivePolicy = EffectivePolicy()
    helo: str = "mail.sender.example"
    client: str = "192.0.2.7"
    session_findings: tuple[str, ...] = ()


REJECTING = EffectivePolicy(definite_action=Action.REJECT)
NAMELESS = "192.0.2.66"
LYING = "192.0.2.67"
LOST = "192.0.2.68"  # Nobody answers for it.
SETTINGS = {
    "definite_rejected": Setting(
        EffectivePolicy(probable_score=4.0, definite_score=8.0, definite_action=Action.REJECT),
        helo="mx.example",
        client=NAMELESS,
    ),
    "gtube_from_allowed_network": Setting(EffectivePolicy(allow=("192.0.2.0/24",))),
    "gtube_rejected": Setting(REJECTING),
    "helo_is_us": Setting(helo="MX.example"),
    "helo_literal_and_no_ptr": Setting(helo=f"[{NAMELESS}]", client=NAMELESS),
    "list_allowed_address": Setting(EffectivePolicy(allow=("@sender.example",)), "host", NAMELESS),
    "list_allowed_network": Setting(EffectivePolicy(allow=("192.0.2.0/24",)), "host", NAMELESS),
    "list_blocked_network_held": Setting(
        EffectivePolicy(block=("192.0.2.0/24",), blocked_action=Action.QUARANTINE)
    ),
    "list_blocked_sender": Setting(EffectivePolicy(block=("writer@sender.example",))),
    "probable_tagged": Setting(EffectivePolicy(probable_action=Action.TAG), client=NAMELESS),
    "ptr_lost_deferred": Setting(EffectivePolicy(fail_mode=FailMode.DEFER), client=LOST),
    "ptr_lost_ignored": Setting(client=LOST),
    "ptr_mismatch": Setting(client=LYING),
    "second_check_decides": Setting(helo="host"),
    "session_bare_lf_and_long_line": Setting(session_findings=("BARE_LF", "LONG_LINE")),
}


def names_of_the_world() -> FakeResolver:
    resolver = FakeResolver()
    honest = DnsAnswer(DnsStatus.FOUND, ("mail.sender.example",))
    resolver.pointers = {
        "192.0.2.7": honest,
        LYING: honest,
        LOST: DnsAnswer(DnsStatus.FAILED),
    }
    resolver.hosts = {"mail.sender.example": ("192.0.2.7",)}
    texts = {
        "sender.example": "v=spf1 ip4:192.0.2.0/24 -all",
        "_dmarc.sender.example": "v=DMARC1; p=none",
    }
    for name, text in texts.items():
        resolver.answers[Question("TXT", name)] = DnsAnswer(DnsStatus.FOUND, (text,))
    return resolver


def judged(path: Path) -> dict[str, object]:
    """What came of the message, in a form that people can review."""
    setting = SETTINGS.get(path.stem, Setting())
    asked = transaction(
        strip_own(path.read_bytes().replace(b"\n", b"\r\n")),
        helo=setting.helo,
        client=setting.client,
        policies=(setting.policy,),
        session_findings=setting.session_findings,
    )
    broken: list[str] = []
    pipeline = Pipeline(
        ChecksOptions(), names_of_the_world(), FakeClock(), lambda n, _: broken.append(n)
    )
    judgement = asyncio.run(pipeline.judge(asked))
    assert broken == []
    verdict = judgement.verdicts[0]
    planned = plan([Judged(ANN, setting.policy, verdict)], is_complete=True, is_prdr=False)
    return {
        "band": verdict.band.value,
        "score": verdict.score,
        "force": verdict.force.value if verdict.force else None,
        "findings": [finding.name for finding in verdict.findings],
        "verdict_header": verdict.trace_line("ID").decode().splitlines(),
        "explained": explain(judgement, planned, (setting.policy,)),
    }


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    found = msgspec.json.format(msgspec.json.encode(judged(path))).decode() + "\n"
    answer = path.with_suffix(".json")
    if os.environ.get("KATHARION_GOLDEN") == "rewrite":
        answer.write_text(found)
    assert found == answer.read_text(), "right? then `make golden`, and review the diff"


def test_nothing_lies_about_unused() -> None:
    stems = {path.stem for path in MESSAGES}
    assert {path.stem for path in HERE.glob("*.json")} == stems
    assert set(SETTINGS) <= stems
