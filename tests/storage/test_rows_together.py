"""Rows of several tables about the same things go in together, or not at all."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, UniqueConstraint, select

from post_logistics.storage.rows import Rows, append_together

META = MetaData()
THINGS = Table("things", META, Column("number", Text, primary_key=True), Column("ref", Text), UniqueConstraint("ref"))
NOTES = Table("notes", META, Column("number", Text, primary_key=True), Column("size", Integer))


@dataclass(frozen=True, slots=True)
class Thing:
    number: str
    ref: str
    size: int = 0


def kept(connection: Connection, table: Table) -> list[str]:
    return list(connection.execute(select(table.c.number).order_by(table.c.number)).scalars())


def test_what_breaks_a_rule_of_the_first_table_is_left_out_of_all(connection: Connection) -> None:
    META.create_all(connection)
    first, second = [Thing("a", "1"), Thing("b", "2")], [Thing("c", "2"), Thing("d", "3")]
    for things in (first, second):
        added = append_together(connection, Rows(THINGS, things), Rows(NOTES, things, {"size": [7, 8]}))
        assert added == [one.number for one in things if one.number != "c"]
    assert kept(connection, THINGS) == kept(connection, NOTES) == ["a", "b", "d"]
    assert connection.execute(select(NOTES.c.size).where(NOTES.c.number == "d")).scalar_one() == 8


def test_nothing_adds_nothing(connection: Connection) -> None:
    assert append_together(connection, Rows(THINGS, []), Rows(NOTES, [])) == []
