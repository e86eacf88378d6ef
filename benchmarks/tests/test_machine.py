"""The benchmarks' parts that break without anyone running them."""

from importlib.util import find_spec

from benchmarks.machine import production_command


def test_the_server_is_started_as_the_readme_says() -> None:
    _, option, server, *arguments = production_command(8123)
    assert option == "-m"
    assert find_spec(server) is not None
    assert any("8123" in argument for argument in arguments)
