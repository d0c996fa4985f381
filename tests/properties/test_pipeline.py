"""Any octets, any names: no check breaks, and every message gets a plan."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from fakes.fake_clock import FakeClock
from fakes.fake_resolver import FakeResolver
from fixtures.fix_transaction import ANN, transaction
from katharion.mail.trace import strip_own
from katharion.pipeline.disposition import Judged, plan
from katharion.pipeline.explain import as_data, explain
from katharion.pipeline.run import ChecksOptions, Pipeline
from katharion.values.policy import EffectivePolicy

LINES = st.sampled_from(
    [
        *(b"From: a@b.example\r\n", b"Date: Fri, 31 Dec 9999 23:59:59 -9959\r\n", b"Date: 1\r\n"),
        *(
            b"Message-ID: <\r\n",
            b"Subject: =?utf-8?b?=?=\r\n",
            b"\r\n",
            b" x\r\n",
            b"Received:\r\n",
        ),
        *(b"=\r\n", b"AAAA\r\n", b"\xff\x00:\r\n", b"From:\r\n"),
    ]
)
CONTENT = st.one_of(st.binary(max_size=200), st.lists(LINES, max_size=12).map(b"".join))
POLICY = EffectivePolicy(block=("@x.example", "192.0.2.0/30"), allow=("a@b.example",))


@given(CONTENT, st.text(max_size=40), st.text(max_size=20))
def test_no_message_breaks_a_check(content: bytes, helo: str, client: str) -> None:
    broken: list[str] = []
    pipeline = Pipeline(
        ChecksOptions(), FakeResolver(), FakeClock(), lambda name, _: broken.append(name)
    )
    asked = transaction(strip_own(content), helo=helo, client=client, policies=(POLICY,))
    judgement = asyncio.run(pipeline.judge(asked))
    assert broken == []
    planned = plan([Judged(ANN, POLICY, judgement.verdicts[0])], is_complete=True, is_prdr=False)
    assert explain(judgement, planned, (POLICY,))
    assert as_data(judgement, planned)["complete"] is True
    assert judgement.verdicts[0].trace_line("ID").count(b"\n ") == 0
