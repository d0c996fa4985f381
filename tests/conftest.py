"""The list of fixture plug-ins; each topic has its file in fixtures/."""

pytest_plugins = [
    "fixtures.fix_data",
    "fixtures.fix_dns",
    "fixtures.fix_node",
    "fixtures.fix_postfix",
    "fixtures.fix_sink",
    "fixtures.fix_skips",
]
