"""``python -m tests.standins NAME``: one of the stand-ins, started by hand until it is interrupted."""

import argparse
from importlib import import_module
from threading import Event

from tests.standins.serving import Fault, Standin, served

STANDINS: dict[str, str] = {
    "bkash": "bkash",
    "ekpay": "ekpay",
    "eksheba": "eksheba",
    "ekshop": "ekshop",
    "municipality": "municipality",
    "nagad": "nagad",
    "sslcommerz": "sslcommerz",
}
"""Name -> the module in this package whose ``make`` gives the stand-in."""


def main() -> None:
    """Serves the stand-in that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.standins", description=__doc__)
    parser.add_argument("name", choices=sorted(STANDINS))
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--fault", type=Fault, choices=list(Fault), help="how the first requests are failed")
    parser.add_argument("--times", type=int, default=1, help="so many of them")
    asked = parser.parse_args()
    standin: Standin = import_module(f"tests.standins.{STANDINS[asked.name]}").make()
    if asked.fault:
        standin.misbehave(asked.fault, times=asked.times)
    with served(standin, asked.port) as address:
        print(f"{asked.name} at {address}; stop it with Ctrl+C", flush=True)
        try:
            Event().wait()
        except KeyboardInterrupt:
            print()


main()
