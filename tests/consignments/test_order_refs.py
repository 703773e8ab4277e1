"""References of orders that came without one."""

from datetime import date

from post_logistics.consignments.order_refs import given_ref, made_ref

DAY = date(2026, 11, 22)


def test_the_same_order_on_the_same_day_has_the_same_reference() -> None:
    order = {"name": "রহিমা", "cod_poisha": 100}
    assert made_ref(order, DAY) == made_ref(dict(reversed(order.items())), DAY)
    others = {made_ref(order | {"cod_poisha": 101}, DAY), made_ref(order, date(2026, 11, 23)), made_ref(order, DAY)}
    assert len(others) == 3


def test_a_reference_that_was_made_is_told_from_one_that_was_given() -> None:
    assert given_ref(made_ref({}, DAY)) is None
    for given in ("none", "none-1", "R-1", "", f"x{made_ref({}, DAY)}", f"{made_ref({}, DAY)}\n"):
        assert given_ref(given) == given
