"""Our message ids: their form, their order."""

import pytest

from katharion.mail.message_id import ID_LENGTH, TOKEN_OCTETS, make_id

ZEROS, ONES = bytes(TOKEN_OCTETS), b"\xff" * TOKEN_OCTETS


def test_form() -> None:
    assert make_id(0.0, ZEROS) == "0" * ID_LENGTH
    assert make_id(0.0, ONES) == "0" * 10 + "Z" * 16


def test_time_is_its_first_ten_characters() -> None:
    number = 0
    for character in make_id(1_800_000_000.123, ONES)[:10]:
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(character)
    assert number == 1_800_000_000_123


def test_order_is_that_of_time() -> None:
    times = [0.001, 1.0, 1_800_000_000.0, 1_800_000_000.001, 1_900_000_000.0]
    ids = [make_id(at, token) for at in times for token in (ZEROS, ONES)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_little_chance_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        make_id(0.0, b"short")
