"""When to try again, as tables."""

import pytest

from katharion.queue.schedule import Health, retry_seconds

STEPS = (60.0, 120.0, 300.0)


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [
        (0, 0.5, 60.0),
        (1, 0.5, 60.0),
        (2, 0.5, 120.0),
        (3, 0.5, 300.0),
        (99, 0.5, 300.0),
        (1, 0.0, 54.0),
        (1, 1.0, 66.0),
    ],
)
def test_steps_and_jitter(attempts: int, chance: float, seconds: float) -> None:
    assert retry_seconds(STEPS, attempts, chance) == pytest.approx(seconds)


def test_a_destination_in_doubt_gets_one_probe() -> None:
    health = Health()
    assert health.tried().may_try(0), "a healthy one takes all"
    missed = health.missed(100.0, 300.0)
    assert not missed.may_try(104.9)
    assert missed.may_try(105.0)
    probing = missed.tried()
    assert not probing.may_try(200.0), "one probe, not a thousand"
    assert probing.reached() == Health()


def test_deliveries_that_missed_together_are_one_failure() -> None:
    health = Health().missed(100.0, 300.0)
    assert health.missed(101.0, 300.0) == health


def test_its_rest_grows_to_a_bound() -> None:
    health, rests = Health(), []
    now = 0.0
    for _ in range(10):
        health = health.missed(now, 300.0)
        rests.append(health.rests_until - now)
        now = health.rests_until
    assert rests[:4] == [5.0, 10.0, 20.0, 40.0]
    assert rests[-1] == 300.0


def test_a_person_may_end_its_rest_and_not_its_doubt() -> None:
    woken = Health().missed(100.0, 300.0).missed(105.0, 300.0).woken(106.0)
    assert woken.may_try(106.0)
    assert woken.failures == 2
    assert not woken.tried().may_try(106.0), "one probe still"
    assert Health().woken(5.0) == Health()
