"""A message's records, told for a person."""

from katharion.tracking.stories import by_message, tell
from katharion.values.track import TrackRecord
from katharion.values.verdict import Finding


def record(at: float, event: str, **more: object) -> TrackRecord:
    return TrackRecord(at, event, **{"message_id": "one", **more})


def test_the_story_has_all_that_happened_in_its_order() -> None:
    finding = Finding("GTUBE", 99.0, "It is the test text", "XJS*")
    told = tell(
        [
            record(
                0.0,
                "held",
                sender="",
                recipient="a@b.example",
                state="queued",
                band="clean",
                findings=(finding,),
                stages={"data": 0.0125},
                client_address="192.0.2.1",
            ),
            record(60.5, "attempt", next_hop="mail:25", words="451 4.3.0 later", state="queued"),
        ]
    )
    text = "\n".join(told)
    assert told[0] == "message one"
    for part in (
        "from       <>",
        "1970-01-01 00:00:00.000  held <a@b.example> → queued  [data 12.5 ms]",
        "+99.0  GTUBE: It is the test text [XJS*]",
        '00:01:00.500  attempt → queued at mail:25 which said "451 4.3.0 later"',
    ):
        assert part in text, text
    assert text.index("held") < text.index("attempt")


def test_refused_clients_have_no_message_in_common() -> None:
    records = [
        record(0.0, "connect-refused", message_id="", reply="554 no"),
        record(1.0, "held"),
        record(2.0, "connect-refused", message_id=""),
        record(3.0, "attempt"),
    ]
    groups = by_message(records)
    assert [[int(each.at) for each in group] for group in groups] == [[0], [1, 3], [2]]
    assert tell(groups[0]) == ['  1970-01-01 00:00:00.000  connect-refused ; we said "554 no"']
    assert tell([]) == []
