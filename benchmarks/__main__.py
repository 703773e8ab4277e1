"""Prints the table of docs/benchmarks.md for this machine, and the tours of `benchmarks.routing`.

python -m benchmarks [--rounds N] [--only TEXT] [--no-routing]
"""

import argparse
import os
import platform
import sys
from pathlib import Path

from sqlalchemy import text

from benchmarks import routing
from benchmarks.operations import World, pairs, world
from benchmarks.pairs import measure, table
from post_logistics.storage.database import Database

_PROCESSOR = Path("/proc/cpuinfo")


def machine(database: Database) -> str:
    """What the figures were measured on."""
    with database.transaction() as connection:
        server = connection.execute(text("show server_version")).scalar_one()
    named = [line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    processor = named[0] if named else platform.processor() or platform.machine()
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{os.cpu_count()} cores of {processor}, {platform.system()}, Python {platform.python_version()}, "
        f"PostgreSQL {server}; load before: {load}"
    )


def _cpuinfo() -> list[str]:
    return _PROCESSOR.read_text().splitlines() if _PROCESSOR.exists() else []


def _commit(made: World, synchronous: str) -> None:
    """Whether a commit waits for the disk, for all connections from now on."""
    made.raw.execute(f"alter system set synchronous_commit = {synchronous}")
    made.raw.execute("select pg_reload_conf()")


def _say(what: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{what}")


def main() -> None:
    """Measures, with commits that wait for the disk and with commits that do not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count, after one that does not (7)")
    parser.add_argument("--only", default="", help="only what has this in its name")
    parser.add_argument("--no-routing", action="store_true", help="leave out the tours")
    arguments = parser.parse_args()
    with world() as made:
        print(f"{machine(made.database)}\n{arguments.rounds} rounds")
        chosen = [pair for pair in pairs(made) if arguments.only in pair.what]
        for synchronous in ("on", "off"):
            _commit(made, synchronous)
            results = measure(chosen, arguments.rounds, _say)
            _say("")
            print(f"\nsynchronous_commit = {synchronous}\n\n{table(results)}", flush=True)
    if not arguments.no_routing:
        print("\nTours: riders, metres and CPU seconds\n", flush=True)
        routing.main([1])


if __name__ == "__main__":
    main()
