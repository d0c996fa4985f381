"""The results as Markdown tables."""

from collections.abc import Iterable, Mapping


def _table(heads: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _rows(results: Mapping[str, object], key: str) -> list[list[object]]:
    rows = results[key]
    assert isinstance(rows, list)
    return [list(row.values()) for row in rows]


def markdown(results: Mapping[str, object]) -> str:
    """The whole page."""
    return f"""\
# The relay path, measured

{results["at"]}; {results["machine"]}, Python {results["python"]}; medians of {results["rounds"]}
rounds of {results["messages_a_round"]} messages, 20 sessions, interleaved; all content checks off;
CPU of the whole tree of processes. Compare figures of one run only.

{
        _table(
            ("peer", "octets", "session", "messages/s", "CPU ms a message"),
            _rows(results, "throughput"),
        )
    }
Unloaded, from the dot to the answer (12 KB, a connection each):

{_table(("peer", "p50 ms", "p99 ms"), _rows(results, "latency"))}
Idle connections after EHLO:

{_table(("kind", "connections", "KiB each"), _rows(results, "idle"))}"""
