"""The list of fixture plug-ins; each topic has its file in fixtures/."""

import gc

pytest_plugins = [
    "fixtures.fix_clamd",
    "fixtures.fix_data",
    "fixtures.fix_dns",
    "fixtures.fix_node",
    "fixtures.fix_postfix",
    "fixtures.fix_sink",
    "fixtures.fix_skips",
]


def pytest_collection_finish() -> None:
    """As a filter does before it serves: a bound on CPU time is not one of the collector.

    Thousands of collected tests would be looked at by it in the middle of a measured call.
    """
    gc.collect()
    gc.freeze()
