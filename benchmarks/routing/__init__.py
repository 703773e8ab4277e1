"""The routing benchmark: our tours against those of OR-Tools, PyVRP and VROOM on one machine, in the same time."""


def main(seeds: list[int]) -> None:
    """Prints the short competition on postal days, for `python -m benchmarks`; as many rounds as there are seeds."""
    from benchmarks.routing.__main__ import main as competition  # noqa: PLC0415  the peers load when they are needed

    competition(["--quick", "--set", "postal", "--set", "shared", "--seeds", str(len(seeds))])
