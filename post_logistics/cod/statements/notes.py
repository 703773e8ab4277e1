"""The rows of a statement that are no lines: opening and closing balances, totals, page headers, words below."""

from collections.abc import Mapping, Sequence

from post_logistics.cod.statements.cells import amount_in
from post_logistics.cod.statements.layout import Layout
from post_logistics.consignments.order_files.layout import header_key

_KINDS = ("opening", "closing", "total")


class Notes:
    """What rows beside the lines say: the first opening, the last closing and the last total, in poisha."""

    def __init__(self, layout: Layout) -> None:
        self.opening_poisha: int | None = None
        self.closing_poisha: int | None = None
        self.totals: tuple[int, dict[str, int]] | None = None  # row, and sums by field
        self._keys = {kind: tuple(header_key(word) for word in layout.words.get(kind, ())) for kind in _KINDS}
        self._starts = tuple(word.casefold() for kind in _KINDS for word in layout.words.get(kind, ()))
        self._whole = {key for keys in self._keys.values() for key in keys}

    def labels(self, texts: Sequence[str]) -> list[int]:
        """Positions of the texts that are nothing but such a word: the row is no line, whatever stands beside it."""
        joined = "\n".join(texts).casefold()
        if not any(start in joined for start in self._starts):
            return []
        return [
            at
            for at, text in enumerate(texts)
            if text.casefold().startswith(self._starts) and header_key(text) in self._whole
        ]

    def take(self, row: int, cells: Sequence[str], positions: Mapping[str, int], *, has_amount: bool) -> bool:
        """Takes in what the row says, if a cell begins with one of the words; False if none does.

        In a row with an amount the cell has to be that word and nothing else: it may be a damaged line.
        """
        for at, cell in enumerate(cells):
            key = header_key(cell) if cell else ""
            for kind, words in self._keys.items():
                if key in words or (not has_amount and words and key.startswith(words)):
                    self._keep(kind, row, at, cells, positions)
                    return True
        return False

    def _keep(self, kind: str, row: int, at: int, cells: Sequence[str], positions: Mapping[str, int]) -> None:
        if kind == "total":
            sums = {f: _amount(cells[i]) for f, i in positions.items() if f in {"credit", "debit"} and i < len(cells)}
            self.totals = row, {field: abs(said) for field, said in sums.items() if said is not None}
            return
        said = _said(at, cells, positions.get("balance"))
        if kind == "opening" and self.opening_poisha is None:
            self.opening_poisha = said
        elif kind == "closing" and said is not None:
            self.closing_poisha = said


def _said(at: int, cells: Sequence[str], balance: int | None) -> int | None:
    """The sum beside a word: in the column of balances, behind a colon, or in the first cell after it that has one."""
    behind = cells[at].partition(":")[2]
    inline = [cells[balance]] if balance is not None and balance < len(cells) else []
    found = (_amount(text) for text in (*inline, behind, *cells[at + 1 :]))
    return next((said for said in found if said is not None), None)


def _amount(text: str) -> int | None:
    said = amount_in(text.strip())
    return said[0] if said else None
