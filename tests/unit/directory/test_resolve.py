"""Options to a snapshot: what becomes of names, and each mistake with its place."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.directory.options import DomainOptions, PolicyOptions, RouteOptions
from katharion.directory.resolve import Customers, parse_next_hop, resolve
from katharion.values.policy import Action, EffectivePolicy
from katharion.values.snapshot import NextHop, TlsDemand

ROUTE = RouteOptions(next_hops=("mail.customer.example:2525",))
DOMAIN = DomainOptions(route="r", recipients=("Ann", '"B c"'))


def customers(
    *,
    route: RouteOptions = ROUTE,
    policy: PolicyOptions | None = None,
    **domains: DomainOptions,
) -> Customers:
    policies = {"p": policy} if policy else {}
    named = {name.replace("_", "."): options for name, options in domains.items()}
    return Customers({"r": route}, policies, named or {"customer.example": DOMAIN})


HOPS = [
    ("mail.example", NextHop("mail.example", 25)),
    ("mail.example:2525", NextHop("mail.example", 2525)),
    ("localhost:24", NextHop("localhost", 24)),
    ("192.0.2.1:25", NextHop("192.0.2.1", 25)),
    ("[2001:db8::1]", NextHop("2001:db8::1", 25)),
    ("[2001:db8::1]:2525", NextHop("2001:db8::1", 2525)),
    ("[192.0.2.1]:25", NextHop("192.0.2.1", 25)),
]
NO_HOPS = [
    *(
        "",
        ":25",
        "host:",
        "host:0",
        "host:65536",
        "host:1000000",
        "host:smtp",
        "host:²",
        "host:25 ",
    ),
    *("2001:db8::1", "[2001:db8::1", "[::1]25", "[::1]:", "[host]:25", "ho st", "a@b:25"),
    *("smtp://host:25", "host/25", "[]", "host:25:25", "-host-"),
]


@pytest.mark.parametrize(("text", "hop"), HOPS)
def test_next_hops(text: str, hop: NextHop) -> None:
    assert parse_next_hop(text) == hop


@pytest.mark.parametrize("text", NO_HOPS)
def test_no_next_hops(text: str) -> None:
    assert parse_next_hop(text) is None


@given(st.text(alphabet="host[]:.125²٣ @/%", max_size=20))
def test_no_text_raises(text: str) -> None:
    hop = parse_next_hop(text)
    assert hop is None or 0 < hop.port < 65_536


def test_what_names_stand_for() -> None:
    policy = PolicyOptions(block=("@Bad.Example",), definite_action=Action.REJECT)
    options = msgspec.structs.replace(DOMAIN, policy="p", tenant="acme")
    route = RouteOptions(("[2001:db8::1]:24", "b.example"), lmtp=True, tls=TlsDemand.REQUIRED)
    given = customers(route=route, policy=policy, Customer_Example=options)
    snapshot, problems = resolve(given, revision=7)
    assert problems == []
    assert snapshot.revision == 7
    domain = snapshot.domains["customer.example"]
    assert (domain.name, domain.tenant) == ("customer.example", "acme")
    assert domain.recipients == {"ann", "b c"}
    assert domain.policy == EffectivePolicy(block=("@bad.example",), definite_action=Action.REJECT)
    assert domain.route is snapshot.routes["r"]
    assert domain.route.next_hops == (
        NextHop("2001:db8::1", 24, is_lmtp=True),
        NextHop("b.example", 25, is_lmtp=True),
    )
    assert domain.route.tls is TlsDemand.REQUIRED


def test_all_recipients() -> None:
    snapshot, problems = resolve(customers(open_example=DomainOptions("r", "all")))
    assert (snapshot.domains["open.example"].recipients, problems) == (None, [])


def test_the_defaults_of_options_and_policies_are_the_same() -> None:
    snapshot, _ = resolve(customers(policy=PolicyOptions()))
    assert snapshot.domains["customer.example"].policy == EffectivePolicy()


MISTAKES = [
    (customers(route=RouteOptions(next_hops=("ho st",))), "routes.r.next_hops"),
    (customers(route=RouteOptions()), "routes.r"),
    (customers(route=RouteOptions(("h",), mx=True)), "routes.r.mx"),
    (customers(route=RouteOptions(("h",), mx_domain="a.example")), "routes.r.mx_domain"),
    (customers(route=RouteOptions(mx=True, mx_domain="a b")), "routes.r.mx_domain"),
    (customers(policy=PolicyOptions(definite_score=4)), "policies.p.definite_score"),
    (customers(policy=PolicyOptions(probable_action=Action.REDIRECT)), "policies.p.redirect_to"),
    (
        customers(policy=PolicyOptions(blocked_action=Action.REDIRECT, redirect_to="nobody")),
        "policies.p.redirect_to",
    ),
    (customers(policy=PolicyOptions(subject_tag="[SPÄM] ")), "policies.p.subject_tag"),
    (customers(policy=PolicyOptions(subject_tag="a\r\nb")), "policies.p.subject_tag"),
    (customers(policy=PolicyOptions(allow=("192.0.2.1",))), "policies.p.allow"),
    (customers(policy=PolicyOptions(allow=("sender.example",))), "policies.p.allow"),
    (customers(policy=PolicyOptions(block=("192.0.2.0/33",))), "policies.p.block"),
    (customers(policy=PolicyOptions(block=("@",))), "policies.p.block"),
    (customers(a_example=DomainOptions("none", "all")), "domains.a.example.route"),
    (customers(a_example=DomainOptions("r", "all", policy="x")), "domains.a.example.policy"),
    (customers(a_example=DomainOptions("r", ("ann@a.example",))), "domains.a.example.recipients"),
    (customers(a_example=DomainOptions("r", ("",))), "domains.a.example.recipients"),
    (customers(**{"-a": DomainOptions("r", "all")}), "domains.-a"),
    (customers(a_example=DOMAIN, A_Example=DOMAIN), "domains.A.Example"),
]


@pytest.mark.parametrize(("given", "path"), MISTAKES)
def test_each_mistake_has_its_place(given: Customers, path: str) -> None:
    _, problems = resolve(given)
    assert [".".join(problem.path) for problem in problems] == [path]
    assert problems[0].sentence.endswith(".")


def test_all_mistakes_are_told_at_once() -> None:
    given = Customers(
        {"r": RouteOptions()},
        {"p": PolicyOptions(definite_score=1, allow=("x", "y"))},
        {"a.example": DomainOptions("none", ("a@b",), policy="none")},
    )
    snapshot, problems = resolve(given)
    assert len(problems) == 1 + 3 + 3
    assert snapshot.domains == {}


@pytest.mark.parametrize(
    "text", ["a/b@sender.example", "@sender.example", "2001:db8::/32", "é@b.c"]
)
def test_patterns_that_are_fine(text: str) -> None:
    assert resolve(customers(policy=PolicyOptions(allow=(text,), block=(text,))))[1] == []


def test_a_redirect_goes_by_the_route_of_its_target() -> None:
    customers = Customers(
        {"a": RouteOptions(mx=True), "b": RouteOptions(mx=True)},
        {"p": PolicyOptions(definite_action=Action.REDIRECT, redirect_to="abuse@other.example")},
        {
            "one.example": DomainOptions("a", "all", policy="p"),
            "Other.example": DomainOptions("b", "all"),
        },
    )
    snapshot, problems = resolve(customers)
    assert not problems
    assert snapshot.domains["one.example"].policy.redirect_route == "b"
