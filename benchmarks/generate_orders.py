"""Writes an order file of any size for benchmarks, by recombining the shipped sample.

Every order takes the area of one good row of ``data/samples/orders.csv`` (street, sector, thana, postcode, in the
spelling of that row), puts an invented door in front of it, and has merchant, goods and amounts from another row. The
spread over the city and the habits of writing are therefore those of the sample; only the doors are many.

    python benchmarks/generate_orders.py --orders 5000 --seed 1 --out /tmp/orders-5000.csv
"""

import argparse
import csv
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent.parent / "data" / "samples"

Row = dict[str, str]

_OWN_DOOR = re.compile(r"^(?:house|h|plot)\b[\s#-]*\d[\w/]*(?:\s*&\s*[\w/]+)?,\s*", re.I)
_NAMES_A_STREET = re.compile(r"\b(?:road|rd|r-\d+|avenue|ave|sarani|sarak|lane|street)\b|রোড|সড়ক|সরণি|এভিনিউ|লেন", re.I)
_BANGLA = re.compile(r"[\u0980-\u09ff]")
_BANGLA_DIGITS = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")

# House numbers stay below 400 and roads below 31, so that no door can be read as a postcode.
_DOORS = {"latin": ("House {h}", "H# {h}", "house no {h}", "{h}/{r}"), "bangla": ("বাসা {h}", "হাউজ নং {h}", "{h}/{r}")}
_DOORS_ON_A_ROAD = {
    "latin": ("House {h}, Road {r}", "H-{h}, R-{r}", "house {h} rd {r}"),
    "bangla": ("বাসা {h}, রোড {r}", "হাউজ-{h}, রোড-{r}"),
}


def good_rows(samples: Path) -> list[Row]:
    """The rows of the sample that should be booked, in file order."""
    with (samples / "expected.csv").open(encoding="utf-8", newline="") as file:
        good = [bool(truth["postcode_expected"]) for truth in csv.DictReader(file)]
    with (samples / "orders.csv").open(encoding="utf-8", newline="") as file:
        return [row for row, is_good in zip(csv.DictReader(file), good, strict=True) if is_good]


def another_door(address: str, rng: random.Random) -> str:
    """The same area as ``address`` under an invented door number: the name of the institution gives way to it."""
    area = _OWN_DOOR.sub("", address.split(", ", 1)[-1])
    script = "bangla" if _BANGLA.match(area) else "latin"
    doors = _DOORS if _NAMES_A_STREET.search(area) else _DOORS_ON_A_ROAD
    door = rng.choice(doors[script]).format(h=rng.randint(1, 399), r=rng.randint(1, 30))
    return f"{door.translate(_BANGLA_DIGITS) if script == 'bangla' else door}, {area}"


def generate(sample: Sequence[Row], orders: int, seed: int) -> Iterator[Row]:
    """``orders`` rows with the sample's columns; the same arguments give the same rows."""
    rng = random.Random(seed)
    for serial in range(1, orders + 1):
        yield rng.choice(sample) | {
            "order_ref": f"B{seed}-{serial:06d}",
            "recipient_name": rng.choice(sample)["recipient_name"],
            "recipient_phone": f"017{serial:08d}",
            "recipient_address": another_door(rng.choice(sample)["recipient_address"], rng),
        }


def main() -> None:
    """Writes the file named by ``--out``."""
    parser = argparse.ArgumentParser(description="Write an order file for benchmarks.")
    parser.add_argument("--orders", type=int, default=5000, help="number of orders (5000)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same file (1)")
    parser.add_argument("--out", type=Path, required=True, help="CSV file to write")
    arguments = parser.parse_args()
    sample = good_rows(SAMPLES)
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(sample[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(generate(sample, arguments.orders, arguments.seed))
    print(f"{arguments.orders} orders written to {arguments.out}")


if __name__ == "__main__":
    main()
