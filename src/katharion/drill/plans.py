"""The drills, all of them: what fails in each, and what is said of it."""

from katharion.drill import faults, store_faults
from katharion.drill.house import SUPERVISOR, Plan
from katharion.drill.next_hop import Drop, Mood
from katharion.drill.stage import Drill

# Longer than the node lets the client wait: these are held as uncertain, until the answer comes.
_SLOW = Mood(answer_seconds=8.0)
_SLOW_PLAN = Plan(answer_seconds=5.0)

DRILLS = (
    Drill("kill-filter", "kill -9 of a filter, any, at random times", faults.kill("filter")),
    Drill(
        "kill-queue-runner",
        "kill -9 of the queue runner, while the next hop comes and goes",
        faults.next_hop_dies_and_runner_is_killed,
        settle_seconds_max=45.0,
    ),
    Drill(
        "kill-supervisor",
        "kill -9 of the supervisor; its successor adopts the others",
        faults.kill(SUPERVISOR),
    ),
    Drill(
        "kill-any",
        "kill -9 of anybody, while the next hop comes and goes",
        faults.all_are_killed,
        settle_seconds_max=45.0,
    ),
    Drill("freeze-filter", "SIGSTOP of a filter, any, for 3 s", faults.freeze("filter")),
    Drill(
        "freeze-queue-runner",
        "SIGSTOP of the queue runner for 3 s, while the next hop comes and goes",
        faults.next_hop_dies_and_runner_freezes,
    ),
    Drill("freeze-supervisor", "SIGSTOP of the supervisor for 3 s", faults.freeze(SUPERVISOR)),
    Drill("hop-dead", "the next hop refuses connections, and comes back", faults.next_hop_dies),
    Drill(
        "hop-slow",
        "the next hop takes 8 s for each tenth answer to the dot",
        faults.next_hop_is(_SLOW),
        _SLOW_PLAN,
    ),
    Drill(
        "hop-drops",
        "the next hop cuts the connection after the dot, and has not taken the message",
        faults.next_hop_is(Mood(drop=Drop.LOST)),
    ),
    Drill(
        "hop-takes-and-drops",
        "the next hop cuts the connection after the dot, and has taken the message",
        faults.next_hop_is(Mood(drop=Drop.TAKEN)),
    ),
    Drill(
        "disk-full",
        "the store's disk is full for some seconds (needs root, to mount a small one)",
        store_faults.disk_full,
        prepare=store_faults.small_disk,
    ),
    Drill(
        "store-locked",
        "another process locks all shards for 7 s",
        store_faults.store_locked,
    ),
    Drill("bit-flip", "a bit of queued content changes in the store", store_faults.bits_flip),
    Drill("bad-page", "a page of a shard is overwritten", store_faults.page_is_bad),
    Drill(
        "clock-jumps",
        "the clock goes a day on, a day back, some hours on (needs libfaketime)",
        store_faults.clock_jumps,
        prepare=store_faults.faked_clock,
    ),
    Drill(
        "few-descriptors",
        "the filters may open no file or connection more, for some seconds",
        faults.few_descriptors,
    ),
    Drill("stop-start", "SIGTERM under load, and a start", faults.stop_and_start),
    Drill("reload", "a new configuration: no connection is refused", faults.reload),
    Drill(
        "filter-back",
        "the only filter is killed: somebody greets again within 2 s",
        faults.filter_comes_back,
        Plan(filters=1),
    ),
)
BY_NAME = {drill.name: drill for drill in DRILLS}
