"""What the pages of the finance desk share: the page with its words, and names of offices."""

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from api.pages.forms import NOTHING, Typed
from api.pages.shell import Visit, page
from api.policy import may


def shown(found: Visit, template: str, typed: Typed = NOTHING, **values: Any) -> Response:
    """The page of the finance desk. ``acts``: whether the visitor may do anything but look."""
    acts = may("page_finance_settled", "POST", found.who.roles)
    return page(
        found,
        f"finance/{template}",
        typed.status,
        typed=typed.texts,
        wrong=typed.wrong,
        acts=acts,
        bn=found.language == "bn",
        **values,
    )


def names_of_offices(found: Visit) -> Mapping[str, str]:
    """Postcode -> the name of the office."""
    offices = found.engine.facts.offices
    return {one.postcode: found.named(one) for one in offices.values()}
