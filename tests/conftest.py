"""The list of fixture plug-ins; each topic has its file in fixtures/."""

pytest_plugins = ["fixtures.fix_data"]
