"""Which rows of a source's statements are which entries, as the matches that stand say."""

from sqlalchemy import Connection, text

_PAIRS = text("""
    select l.row, e.kind, e.entry_id from statement_lines l
    join match_lines m on m.line_id = l.line_id and m.standing
    join match_entries e on e.match_id = m.match_id and e.standing
    where l.source = :source and l.file_id = :file_id order by l.row, e.kind, e.entry_id
""")


def load_pairs(connection: Connection, source: str, file_id: str) -> list[tuple[int, str, str]]:
    """Row as a spreadsheet numbers it, kind and id of the entry: one for every entry of every matched row of a file."""
    rows = connection.execute(_PAIRS, {"source": source, "file_id": file_id})
    return [(row.row, row.kind, row.entry_id) for row in rows]
