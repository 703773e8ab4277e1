"""A mail route for the tests of bags: what an office did, minutes after the morning, told at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from post_logistics.operations.bags.bagging import Act, make_bags, put_in, seal
from post_logistics.operations.bags.dispatches import departure_of, run_of, send
from post_logistics.operations.bags.receiving import Opening, open_bag, receive
from post_logistics.operations.custody.scanning import ScanVerdict, record_scans
from post_logistics.operations.facts import Facts
from post_logistics.storage.custody.scans import ItemStanding, load_standings
from post_logistics.storage.database import Connection
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import Postcode
from tests.operations.conftest import Story

HOME, HUB, AWAY = Postcode("1205"), Postcode("1215"), Postcode("1216")
"""New Market makes up bags for Mirpur; the trucks go by way of Tejgaon."""


@dataclass
class Mail:
    """Items accepted at New Market for Mirpur, and everything that offices do with them."""

    story: Story
    facts: Facts
    morning: datetime
    minute: int = 0

    @property
    def connection(self) -> Connection:
        return self.story.connection

    def act(self, office: Postcode = HOME, minute: int | None = None, told_after_minutes: int = 0) -> Act:
        """Something done at that minute after the morning; without one, a minute after the last."""
        if minute is None:
            self.minute += 1
            minute = self.minute
        at = self.morning + timedelta(hours=2, minutes=minute)
        return Act(office, at, at + timedelta(minutes=told_after_minutes))

    def items(self, count: int) -> list[str]:
        """Parcels accepted at New Market."""
        items = self.story.book(*[100_000] * count)
        act = self.act()
        record_scans(self.connection, [act.scan("accept", item, Event.ACCEPTED) for item in items])
        return items

    def bag(self, destination: Postcode = AWAY, office: Postcode = HOME) -> str:
        """A new bag."""
        act = self.act(office)
        (key,) = make_bags(self.connection, self.facts, act, destination, 1, uuid5(NAMESPACE_URL, f"bag {self.minute}"))
        return key

    def closed(self, *numbers: str, destination: Postcode = AWAY, office: Postcode = HOME) -> str:
        """A sealed bag with these in it."""
        key = self.bag(destination, office)
        put_in(self.connection, self.act(office), key, numbers)
        seal(self.connection, self.facts, self.act(office), key, "S-1", 12_340)
        return key

    def carried(self, *numbers: str, leg: str = "1205-1215-M", to: Postcode = HUB) -> list[ScanVerdict]:
        """Sent by a run of that day, and received where it goes to."""
        departure = departure_of(run_of(self.facts, leg, self.morning.date()))
        send(self.connection, self.act(departure.origin), departure, numbers)
        return receive(self.connection, self.facts, self.act(to), numbers)

    def delivered(self, key: str) -> None:
        """A bag from New Market, at Mirpur, closed."""
        self.carried(key)
        self.carried(key, leg="1215-1216-M", to=AWAY)

    def opened(self, key: str, *found: str, damaged: tuple[str, ...] = (), office: Postcode = AWAY) -> Opening:
        return open_bag(self.connection, self.facts, self.act(office), key, found, damaged)

    def standing(self, item: str) -> ItemStanding:
        (found,) = load_standings(self.connection, [item])
        return found
