"""The pages of the finance desk, under ``/finance``: what waits, what lines of statements are, and who is paid.

frame.py        what they share: the page with its words, and what stood against a step, beside its field
overview.py     the first page; alarms
lines.py        lines that nobody explains, with what is proposed for them
matches.py      what lines were found to be; a match that was wrong is undone
statements.py   statements come in, looked at before they are
payouts.py      settlements and payouts, approved by a second person
files.py        files for banks
holds.py        who is not paid now; advances; payments held for nobody
merchants.py    what is agreed with a merchant, and the account it is paid into
bills.py        charges that no settlement takes
closes.py       the days of the offices, shortages and what becomes of them
partners.py     where the lists of partners differ from ours
reports.py      reports with charts and files; the way of one parcel's money

Whoever has signed in signs with their own name: four eyes are two people. Auditors see all of it and press nothing.
"""

from typing import Final

from api.pages.finance import (
    bills,
    closes,
    files,
    holds,
    lines,
    matches,
    merchants,
    overview,
    partners,
    payouts,
    reports,
    statements,
)

SLICES: Final = (
    overview,
    lines,
    matches,
    statements,
    payouts,
    files,
    holds,
    merchants,
    bills,
    partners,
    closes,
    reports,
)
