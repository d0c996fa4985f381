"""Who waits for his turn, and who does not: greetings, and commands ahead of our answers."""

import asyncio
from ipaddress import ip_network

from fakes.fake_resolver import FakeResolver
from fixtures.fix_edge import CLEAN, House, codes, play
from katharion.edge.options import EdgeOptions
from katharion.pipeline.checks.registry import Checks
from katharion.pipeline.run import ChecksOptions, Pipeline
from katharion.pipeline.transaction import Transaction
from katharion.values.verdict import Finding


def test_unknown_clients_wait_for_the_greeting_and_early_talkers_give_themselves_away() -> None:
    async def scene(house: House) -> None:
        patient, hasty = house.client("192.0.2.1"), house.client("192.0.2.2")
        await house.tasks.settle()
        assert patient.transport.take() == b""
        assert await hasty.send(b"HELO x\r\n") == b""
        await asyncio.sleep(0.06)
        await house.tasks.settle()
        assert codes(patient.transport.take()) == ["220"]
        assert codes(hasty.transport.take()) == ["220", "250"]
        for client, manners in ((patient, ()), (hasty, ("EARLY_TALKER",))):
            assert client.session._core.manners == manners

    play(scene, EdgeOptions(greet_seconds=0.05))


def test_known_clients_are_greeted_at_once() -> None:
    async def scene(house: House) -> None:
        house.history.happened("net:192.0.2.0/24", "clean", house.clock.wall())
        assert codes(house.client("192.0.2.1").transport.take()) == ["220"]
        house.history.is_away = True
        assert house.front.greeting_seconds("198.51.100.1") == 0.0
        house.front.history = None
        house.front.relays = [ip_network("198.51.100.0/24")]
        assert house.front.greeting_seconds("198.51.100.1") == 0.0
        assert house.front.greeting_seconds("192.0.2.1") == 5.0
        assert house.front.greeting_seconds("127.0.0.1") == 0.0

    play(scene, EdgeOptions(greet_seconds=5.0))


def test_who_goes_before_the_greeting_is_let_go() -> None:
    async def scene(house: House) -> None:
        client = house.client()
        await house.tasks.settle()
        client.leave()
        await asyncio.sleep(0.06)
        await house.tasks.settle()
        assert client.transport.take() == b""
        assert house.front.admission.count == 0

    play(scene, EdgeOptions(greet_seconds=0.05))


def test_manners_go_with_the_message() -> None:
    async def scene(house: House) -> None:
        client = house.client()
        client.transport.take()
        mail = (
            b"EHLO c.example\r\nMAIL FROM:<s@sender.example>\r\nRCPT TO:<ann@customer.example>\r\n"
        )
        assert codes(await client.send(mail)) == ["250", "250", "250"]
        assert codes(await client.send(b"DATA\r\n")) == ["354"]
        await client.send(CLEAN.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        assert seen == [("HASTY_HELLO",)]

    seen: list[tuple[str, ...]] = []

    def see(asked: Transaction) -> tuple[Finding, ...]:
        seen.append(asked.session_findings)
        return ()

    async def with_check(house: House) -> None:
        checks = Checks(pure={"see": see})
        options = ChecksOptions(disabled=("authenticity",))
        clock = house.clock
        house.front.pipeline = Pipeline(options, FakeResolver(), clock, lambda *_: None, checks)
        await scene(house)

    play(with_check)
