"""Measure the relay path beside others in the same run, and write bench/results/.

Interleaved, so that a busy minute of the machine hits all alike; medians of the rounds.
Compare the figures of one run with each other, never with those of another machine.
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import idle, load, peers, table
from bench.tree import cpu_seconds

RESULTS = Path(__file__).parents[2] / "bench" / "results"
SIZES_BYTES = (12_000, 20_000)
ROUNDS = 3
WARM_UP_MESSAGES = 200
LATENCY_SAMPLES = 150
IDLE_PLAIN, IDLE_TLS = 5000, 500


def throughput(measured: list[peers.Peer], messages: int) -> list[dict[str, object]]:
    """Messages a second and CPU milliseconds a message, by peer, size and kind of session."""
    cases = [
        (peer, size, kept) for size in SIZES_BYTES for kept in (False, True) for peer in measured
    ]
    seen: dict[tuple[str, int, bool], list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        for peer, size, kept in cases:
            before = cpu_seconds(peer.pid)
            took = load.throw(peer.port, messages, size, is_kept=kept)
            spent = cpu_seconds(peer.pid) - before
            row = (messages / took, spent / messages * 1e3)
            seen.setdefault((peer.name, size, kept), []).append(row)
    return [
        {
            "peer": name,
            "size_bytes": size,
            "session": "kept" if kept else "one message",
            "messages_per_second": round(median(r[0] for r in rows)),
            "cpu_ms_per_message": round(median(r[1] for r in rows), 3),
        }
        for (name, size, kept), rows in seen.items()
    ]


def latencies(measured: list[peers.Peer]) -> list[dict[str, object]]:
    """Unloaded milliseconds from the dot to the answer, by peer, taken in turns."""
    content = load.message(SIZES_BYTES[0])
    seen: dict[str, list[float]] = {peer.name: [] for peer in measured}
    for _ in range(LATENCY_SAMPLES):
        for peer in measured:
            seen[peer.name].append(load.dot_seconds(peer.port, content))
    return [{"peer": name, **load.latency(rows)._asdict()} for name, rows in seen.items()]


def measure(messages: int) -> dict[str, object]:
    """The whole run, as it goes into latest.json."""
    with (
        peers.sink() as direct,
        peers.postfix_proxy(direct.port) as postfix,
        peers.katharion(direct.port) as katharion,
    ):
        for peer in (direct, postfix, katharion):
            load.throw(peer.port, WARM_UP_MESSAGES, SIZES_BYTES[0], is_kept=False)
        return {
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
            "python": platform.python_version(),
            "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            "messages_a_round": messages,
            "rounds": ROUNDS,
            "throughput": throughput([postfix, katharion], messages),
            "latency": latencies([direct, postfix, katharion]),
            "idle": [
                {
                    "kind": "TLS" if is_tls else "plaintext",
                    "connections": count,
                    "kib_each": round(idle.bytes_each(katharion, count, is_tls=is_tls) / 1024, 1),
                }
                for count, is_tls in ((IDLE_PLAIN, False), (IDLE_TLS, True))
            ],
        }


def main() -> None:
    """Measure, print the table, keep both."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=1000, help="messages a round and case")
    results = measure(parser.parse_args().messages)
    text = table.markdown(results)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(results, indent=2) + "\n")
    (RESULTS / "latest.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
