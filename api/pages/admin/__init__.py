"""The pages of the administration, under ``/admin``: for administrators; auditors look at all of it and change nothing.

frame.py      what these pages share: the page, a form that was refused, who may change something
overview.py   the first page: what needs a look
offices.py    offices and the areas that they answer for
facts.py      the files that a postmaster changes: shown, a changed one checked, its effect told before it is reviewed
tariffs.py    versions of the tariff, a quote, and two versions compared on last week's parcels
people.py     people, their roles and where; taken on, let go
keys.py       keys of programs: made, renewed, retired
devices.py    devices that sign what they send
agents.py     agents, their floats and the cash on them
shops.py      shops: found, looked at, registered
audit.py      who did what, and whether that is what it was
health.py     how the installation is
"""

from typing import Final

from api.pages.admin import agents, audit, devices, facts, health, keys, offices, overview, people, shops, tariffs

SLICES: Final = (overview, offices, tariffs, facts, people, keys, devices, agents, shops, audit, health)
