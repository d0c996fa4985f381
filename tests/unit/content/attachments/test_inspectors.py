from katharion.content.attachments.inspectors import INSPECTORS


def test_each_kind_has_somebody_to_look_into_it() -> None:
    assert all(INSPECTORS.values())
