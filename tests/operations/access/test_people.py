"""People sign in with what only they know, act in their place, and whoever guesses delays nobody but himself."""

from datetime import datetime, timedelta
from random import Random

import pyotp
import pytest
from sqlalchemy import Connection

from post_logistics.access.passwords import unlock
from post_logistics.access.roles import Place, Role
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.access.keys import recognise_bearer
from post_logistics.operations.access.people import (
    NewPerson,
    Refused,
    SignedIn,
    SignIn,
    ask_second_factor,
    change_password,
    give_role,
    leave,
    prove_second_factor,
    reset_password,
    sign_in,
    sign_out,
    take_on,
    take_role,
)
from post_logistics.operations.facts import Facts
from post_logistics.storage.access.people import count_failure, load_person, load_shifts
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import MerchantId, Postcode

DRAW = Random(11)
KEY = b"access"
HERE = Place(office=Postcode("1216"))


@pytest.fixture
def rahima(connection: Connection, facts: Facts, morning: datetime) -> NewPerson:
    """A counter clerk of Mirpur."""
    made = take_on(connection, DRAW, "Rahima", "Rahima Khatun", "post", morning)
    give_role(connection, facts, "rahima", Role.COUNTER, HERE, "post", morning)
    return made


def typed(password: str, code: str = "", place: Place | None = None, network: str = "home") -> SignIn:
    return SignIn("RAHIMA ", password, code, place, network)


def signed_in(connection: Connection, asked: SignIn, at: datetime) -> SignedIn:
    made = sign_in(connection, DRAW, KEY, asked, at)
    assert isinstance(made, SignedIn), made
    return made


def refused(connection: Connection, asked: SignIn, at: datetime) -> Refused:
    made = sign_in(connection, DRAW, KEY, asked, at)
    assert isinstance(made, Refused)
    return made


def test_a_session_acts_in_the_persons_place_for_a_working_day(
    connection: Connection, rahima: NewPerson, morning: datetime
) -> None:
    made = signed_in(connection, typed(rahima.password), morning)
    assert (made.place, made.roles, made.must_change) == (HERE, {Role.COUNTER}, True)
    grant = recognise_bearer(connection, made.made.halves.text, morning + timedelta(hours=11))
    assert grant and (grant.actor, grant.place, grant.is_person) == ("rahima", HERE, True)
    assert recognise_bearer(connection, made.made.halves.text, morning + timedelta(hours=12)) is None


def test_signing_in_opens_a_shift_and_signing_out_closes_it(
    connection: Connection, rahima: NewPerson, morning: datetime
) -> None:
    made = signed_in(connection, typed(rahima.password), morning)
    signed_in(connection, typed(rahima.password), morning + timedelta(minutes=5))
    sign_out(connection, "rahima", made.made.key.key_id, morning + timedelta(hours=8))
    (shift,) = load_shifts(connection, "1216", morning, morning + timedelta(days=1))
    assert (shift.opened_at, shift.closed_at) == (morning, morning + timedelta(hours=8))
    assert recognise_bearer(connection, made.made.halves.text, morning + timedelta(hours=9)) is None


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(
    connection: Connection, rahima: NewPerson, morning: datetime
) -> None:
    wrong = refused(connection, typed("wrong"), morning)
    assert wrong == refused(connection, SignIn("nobody", "wrong", "", None, "home"), morning)
    assert wrong.wait_until is None


def test_who_guesses_waits_and_the_owner_elsewhere_does_not(
    connection: Connection, rahima: NewPerson, morning: datetime
) -> None:
    for _ in range(5):
        assert refused(connection, typed("wrong", network="theirs"), morning).wait_until is None
    assert refused(connection, typed(rahima.password, network="theirs"), morning).wait_until
    signed_in(connection, typed(rahima.password, network="home"), morning)
    signed_in(connection, typed(rahima.password, network="theirs"), morning + timedelta(seconds=2))
    assert refused(connection, typed("wrong", network="theirs"), morning + timedelta(seconds=3)).wait_until is None


def test_a_network_that_guesses_for_many_names_waits_for_all(
    connection: Connection, rahima: NewPerson, morning: datetime
) -> None:
    for n in range(105):
        count_failure(connection, f"guess{n}", "bad", morning - timedelta(days=1), morning)
    signed_in(connection, typed(rahima.password, network="home"), morning)
    assert refused(connection, SignIn("guess0", "wrong", "", None, "bad"), morning).wait_until


def test_finance_and_administrators_need_a_second_factor(
    connection: Connection, facts: Facts, rahima: NewPerson, morning: datetime
) -> None:
    give_role(connection, facts, "rahima", Role.FINANCE, Place(), "post", morning)
    give_role(connection, facts, "rahima", Role.AUDITOR, Place(), "post", morning)
    assert "say for whom: office:1216, post" in refused(connection, typed(rahima.password), morning).reason
    alone = signed_in(connection, typed(rahima.password, place=Place()), morning)
    assert alone.roles == {Role.AUDITOR} and alone.needs_second_factor
    secret = pyotp.parse_uri(ask_second_factor(connection, DRAW, KEY, "rahima")).secret
    assert unlock(load_person(connection, "rahima").totp_secret, KEY) == secret
    with pytest.raises(Unacceptable):
        prove_second_factor(connection, KEY, "rahima", "000000", morning)
    prove_second_factor(connection, KEY, "rahima", pyotp.TOTP(secret).at(morning), morning)
    later = morning + timedelta(minutes=1)
    code = pyotp.TOTP(secret).at(later)
    refused(connection, typed(rahima.password, place=Place()), later)
    both = signed_in(connection, typed(rahima.password, code, Place()), later)
    assert both.roles == {Role.AUDITOR, Role.FINANCE}
    refused(connection, typed(rahima.password, code, Place()), later)  # a code that was seen is worth nothing
    with pytest.raises(Conflict):
        ask_second_factor(connection, DRAW, KEY, "rahima")


def test_a_role_that_is_taken_is_gone_from_open_sessions(
    connection: Connection, facts: Facts, rahima: NewPerson, morning: datetime
) -> None:
    give_role(connection, facts, "rahima", Role.MANAGER, HERE, "post", morning)
    sent = signed_in(connection, typed(rahima.password), morning).made.halves.text
    take_role(connection, "rahima", Role.MANAGER, HERE, "post", morning)
    grant = recognise_bearer(connection, sent, morning)
    assert grant and grant.roles == {Role.COUNTER}
    take_role(connection, "rahima", Role.COUNTER, HERE, "post", morning)
    assert recognise_bearer(connection, sent, morning) is None
    with pytest.raises(NotFound):
        take_role(connection, "rahima", Role.COUNTER, HERE, "post", morning)


def test_who_has_left_is_not_let_in(connection: Connection, rahima: NewPerson, morning: datetime) -> None:
    sent = signed_in(connection, typed(rahima.password), morning).made.halves.text
    leave(connection, "rahima", morning)
    assert recognise_bearer(connection, sent, morning) is None
    refused(connection, typed(rahima.password), morning)


def test_a_new_password_ends_every_session(connection: Connection, rahima: NewPerson, morning: datetime) -> None:
    sent = signed_in(connection, typed(rahima.password), morning).made.halves.text
    with pytest.raises(Unacceptable):
        change_password(connection, "rahima", "wrong", "a whole new sentence", morning)
    change_password(connection, "rahima", rahima.password, "a whole new sentence", morning)
    assert recognise_bearer(connection, sent, morning) is None
    assert not signed_in(connection, typed("a whole new sentence"), morning).must_change
    paper = reset_password(connection, DRAW, "rahima", morning)
    refused(connection, typed("a whole new sentence"), morning)
    assert signed_in(connection, typed(paper), morning).must_change


@pytest.mark.parametrize(
    ("role", "place", "holder", "error"),
    [
        (Role.COUNTER, Place(), "", Unacceptable),
        (Role.FINANCE, HERE, "", Unacceptable),
        (Role.MERCHANT, HERE, "", Unacceptable),
        (Role.RIDER, HERE, "", Unacceptable),
        (Role.COUNTER, HERE, "1216-R01", Unacceptable),
        (Role.RIDER, HERE, "1215-R01", NotFound),
        (Role.AGENT, HERE, "nowhere", NotFound),
        (Role.COUNTER, Place(office=Postcode("0000")), "", NotFound),
        (Role.MERCHANT, Place(merchant_id=MerchantId("nobody")), "", NotFound),
    ],
)
def test_a_role_that_does_not_fit_is_not_given(
    connection: Connection,
    facts: Facts,
    rahima: NewPerson,
    morning: datetime,
    role: Role,
    place: Place,
    holder: str,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        give_role(connection, facts, "rahima", role, place, "post", morning, holder)


def test_one_may_be_a_rider_here_and_a_shop_there(
    connection: Connection, facts: Facts, rahima: NewPerson, morning: datetime
) -> None:
    append_merchants(connection, [Merchant(MerchantId("shop"), "Shop", "New Market, Dhaka", "", morning)])
    give_role(connection, facts, "rahima", Role.RIDER, HERE, "post", morning, "1216-R01")
    shop = Place(merchant_id=MerchantId("shop"))
    give_role(connection, facts, "rahima", Role.MERCHANT, shop, "post", morning)
    made = signed_in(connection, typed(rahima.password, place=HERE), morning)
    grant = recognise_bearer(connection, made.made.halves.text, morning)
    assert grant and (grant.holder, grant.roles) == ("1216-R01", {Role.COUNTER, Role.RIDER})
    assert signed_in(connection, typed(rahima.password, place=shop), morning).roles == {Role.MERCHANT}


def test_two_people_do_not_sign_in_with_one_name(connection: Connection, rahima: NewPerson, morning: datetime) -> None:
    with pytest.raises(Conflict):
        take_on(connection, DRAW, "rahima", "Another Rahima", "post", morning)
