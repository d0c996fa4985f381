"""What an operator may set of the way out: every option explains itself."""

import msgspec
import pytest

from katharion.adapters.relay.options import RelayOptions


def test_each_option_has_a_sentence_and_a_default() -> None:
    schema = msgspec.json.schema(RelayOptions)["$defs"]["RelayOptions"]["properties"]
    assert schema
    for name, option in schema.items():
        assert option["description"].endswith("."), name
        assert "default" in option, name


@pytest.mark.parametrize("wrong", [{"idle_seconds_max": 300}, {"connect_seconds_max": 0}, {"x": 1}])
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, RelayOptions)
