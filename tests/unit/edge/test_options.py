"""Defaults of the front door are within what the standard asks."""

import msgspec
import pytest

from katharion.edge.options import EdgeOptions, ListenerOptions, TlsOptions


def test_defaults_are_valid_and_patient_enough() -> None:
    for kind in (EdgeOptions, ListenerOptions, TlsOptions):
        assert msgspec.convert(msgspec.to_builtins(kind()), kind) == kind()
    assert EdgeOptions().command_seconds_max >= 300, "RFC 5321 section 4.5.3.2.7"


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (EdgeOptions, {"connections_count_max": 0}),
        (EdgeOptions, {"command_seconds_max": 0}),
        (EdgeOptions, {"comand_seconds_max": 5}),
        (ListenerOptions, {"port": 70_000}),
        (TlsOptions, {"certificate": 5}),
    ],
)
def test_wrong_ones_are_refused(kind: type, wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, kind)
