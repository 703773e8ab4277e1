"""The pages of a hub, under ``/hub``: the day of one office as its manager sees and changes it.

frame.py       what they share: the manager's office, words for hands, reasons and faults
board.py       the first page
things.py      the parcels and bags behind each figure, and the story of one
exceptions.py  what has to be looked into: taken on, and closed with what was found
tours.py       a plan as its pages show it: on a map, in figures, how full everybody is, what is left over and why
plans.py       the tours of a day: planned, looked at, compared, approved, printed
moves.py       a stop moved by hand, and what it costs before it is
day.py         what the day brought: to read, to print, as a table
"""

from typing import Final

from api.pages.hub import board, day, exceptions, moves, plans, things

SLICES: Final = (board, things, exceptions, plans, moves, day)
