"""The parts of the benchmark. Each is a module with `def run(quick: bool) -> list[Result]`."""
