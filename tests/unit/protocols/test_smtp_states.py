"""The table of states: whole, reachable, and drawn."""

from katharion.protocols.smtp_states import TRANSITIONS, Move, State


def test_every_state_has_its_row_and_can_be_closed() -> None:
    assert TRANSITIONS.keys() == set(State)
    for row in TRANSITIONS.values():
        assert row[Move.CLOSE] is State.CLOSED


def test_every_state_is_reached() -> None:
    reached, new = {State.FRESH}, {State.FRESH}
    while new:
        new = {to for state in new for to in TRANSITIONS[state].values()} - reached
        reached |= new
    assert reached == set(State)


def test_every_move_is_made_somewhere() -> None:
    assert {move for row in TRANSITIONS.values() for move in row} == set(Move)
