"""Keys let in whom they are for, as long as they are good, and nobody else."""

from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Connection, text

from post_logistics.access.keys import KeyKind, halves
from post_logistics.access.roles import HOLDING, Place, Role
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.access.keys import (
    exchange_for_tokens,
    make_key,
    make_merchant_keys,
    own_key,
    recognise,
    recognise_bearer,
    recognise_token,
    renew_tokens,
    rotate_key,
)
from post_logistics.storage.access.keys import forget_issued, load_keys, retire_key
from post_logistics.storage.access.stores import load_stores
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import MerchantId, Postcode

SHOP = Place(merchant_id=MerchantId("shop"))
HERE = Place(office=Postcode("1216"))
DRAW = Random(7)


@pytest.fixture(autouse=True)
def shops(connection: Connection, morning: datetime) -> None:
    append_merchants(
        connection,
        [Merchant(MerchantId(one), one, "New Market, Dhaka 1205", "", morning) for one in ("shop", "other")],
    )


def test_a_shop_is_let_in_by_each_dialect(connection: Connection, morning: datetime) -> None:
    made = make_merchant_keys(connection, MerchantId("shop"), morning, DRAW, by="post")
    steadfast = made.steadfast["api_key"], made.steadfast["secret_key"]
    redx = halves(str(made.redx["token"]))
    grants = [
        recognise_bearer(connection, made.api_key, morning),
        recognise(connection, KeyKind.STEADFAST, *steadfast, morning),
        recognise(connection, KeyKind.REDX, redx.key_id, redx.secret, morning),
    ]
    assert {grant and grant.place for grant in grants} == {SHOP}
    assert {grant.roles for grant in grants if grant} == {frozenset({Role.MERCHANT})}
    assert made.pathao["store_id"] == made.redx["pickup_store_id"] == load_stores(connection, "shop")[0].store_id


def test_no_secret_is_kept(connection: Connection, morning: datetime) -> None:
    made = make_merchant_keys(connection, MerchantId("shop"), morning, DRAW, by="post")
    kept = str(connection.execute(text("select * from keys")).all())
    sent = [made.api_key, *made.steadfast.values(), *made.pathao.values(), *made.redx.values()]
    secrets = [str(one).rpartition("_")[2] for one in sent if len(str(one)) >= 40]
    assert len(secrets) == 5 and not [one for one in secrets if one in kept]


def test_a_key_of_one_kind_is_none_of_another(connection: Connection, morning: datetime) -> None:
    made = make_merchant_keys(connection, MerchantId("shop"), morning, DRAW, by="post")
    pair = made.steadfast["api_key"], made.steadfast["secret_key"]
    assert recognise(connection, KeyKind.PATHAO, *pair, morning) is None
    assert recognise_bearer(connection, "_".join(pair), morning) is None


@pytest.mark.parametrize("sent", ["", "_", "pl_", "pl_x_y", "ps_x_y", "\0_x", "কী_কী", "pl_" + "x" * 5000])
def test_nonsense_lets_nobody_in(connection: Connection, morning: datetime, sent: str) -> None:
    assert recognise_bearer(connection, sent, morning) is None


def test_a_key_ends_when_it_expires_or_is_retired(connection: Connection, morning: datetime) -> None:
    made = make_key(connection, DRAW, morning, name="x", by="post", place=SHOP, good_for=timedelta(hours=1))
    assert recognise_bearer(connection, made.halves.text, morning + timedelta(minutes=59))
    assert recognise_bearer(connection, made.halves.text, morning + timedelta(hours=1)) is None
    retire_key(connection, made.key.key_id, morning)
    assert recognise_bearer(connection, made.halves.text, morning) is None


def test_a_renewed_key_is_good_beside_the_old_one_for_the_overlap(connection: Connection, morning: datetime) -> None:
    old = make_key(connection, DRAW, morning, name="x", by="post", place=SHOP, scopes=["read"])
    new = rotate_key(connection, DRAW, old.key.key_id, SHOP, timedelta(days=1), "shop", morning)
    assert new.key.scopes == ["read"]
    later = morning + timedelta(days=1)
    assert recognise_bearer(connection, old.halves.text, later - timedelta(seconds=1))
    assert recognise_bearer(connection, old.halves.text, later) is None
    assert recognise_bearer(connection, new.halves.text, later)
    with pytest.raises(Conflict):
        rotate_key(connection, DRAW, old.key.key_id, SHOP, timedelta(), "shop", later)
    with pytest.raises(Unacceptable):
        rotate_key(connection, DRAW, new.key.key_id, SHOP, timedelta(days=31), "shop", later)


def test_a_strangers_key_is_as_one_that_is_not_there(connection: Connection, morning: datetime) -> None:
    key_id = make_key(connection, DRAW, morning, name="x", by="post", place=SHOP).key.key_id
    for stranger in (Place(merchant_id=MerchantId("other")), Place(office=Postcode("1216"))):
        with pytest.raises(NotFound) as theirs:
            own_key(connection, key_id, stranger)
        with pytest.raises(NotFound) as absent:
            own_key(connection, "nothing", stranger)
        assert theirs.value.message.replace(key_id, "nothing") == absent.value.message
    assert own_key(connection, key_id, Place()).key_id == key_id
    assert [key.key_id for key in load_keys(connection, merchant_id="other")] == []


@pytest.mark.parametrize(
    ("place", "role"),
    [
        (Place(), None),
        (Place(), Role.COUNTER),
        (HERE, Role.FINANCE),
        (HERE, Role.RIDER),
        (HERE, Role.AGENT),
        (Place(), Role.MERCHANT),
        *((SHOP, role) for role in Role if role is not Role.MERCHANT),
    ],
)
def test_a_program_has_a_role_of_its_place(
    connection: Connection, morning: datetime, place: Place, role: Role | None
) -> None:
    with pytest.raises(Unacceptable) as refused:
        make_key(connection, DRAW, morning, name="x", by="post", place=place, role=role)
    assert refused.value.field == "role" and refused.value.remedy


@pytest.mark.parametrize("role", sorted(HOLDING))
def test_a_program_that_was_made_a_rider_or_an_agent_is_let_in_no_more(
    connection: Connection, morning: datetime, role: Role
) -> None:
    made = make_key(connection, DRAW, morning, name="x", by="post", place=HERE, role=Role.COUNTER)
    assert recognise_bearer(connection, made.halves.text, morning)
    was = {"role": role, "key_id": made.key.key_id}
    connection.execute(text("update keys set role = :role where key_id = :key_id"), was)
    assert recognise_bearer(connection, made.halves.text, morning) is None


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MERCHANT])
def test_a_key_that_says_more_than_its_place_allows_lets_nobody_in(
    connection: Connection, morning: datetime, role: Role
) -> None:
    made = make_key(connection, DRAW, morning, name="x", by="post", place=SHOP)
    assert recognise_bearer(connection, made.halves.text, morning) is not None
    raised = {"role": role, "key_id": made.key.key_id}
    connection.execute(text("update keys set role = :role where key_id = :key_id"), raised)
    assert recognise_bearer(connection, made.halves.text, morning) is None


def test_tokens_are_for_a_client_and_its_user_and_renewed_once(connection: Connection, morning: datetime) -> None:
    one, two = (
        make_merchant_keys(connection, MerchantId(shop), morning, DRAW, by="post").pathao for shop in ("shop", "other")
    )
    client = str(one["client_id"]), str(one["client_secret"])
    user = str(one["username"]), str(one["password"])
    tokens = exchange_for_tokens(connection, *client, *user, morning, DRAW)
    assert tokens and (grant := recognise_token(connection, tokens.access_token, morning)) and grant.place == SHOP
    assert recognise_token(connection, tokens.refresh_token, morning) is None
    assert exchange_for_tokens(connection, *client, str(two["username"]), str(two["password"]), morning, DRAW) is None
    assert exchange_for_tokens(connection, *client, user[0], "wrong", morning, DRAW) is None
    theirs = str(two["client_id"]), str(two["client_secret"])
    assert renew_tokens(connection, *theirs, tokens.refresh_token, morning, DRAW) is None
    again = renew_tokens(connection, *client, tokens.refresh_token, morning, DRAW)
    assert again and recognise_token(connection, again.access_token, morning)
    assert renew_tokens(connection, *client, tokens.refresh_token, morning, DRAW) is None
    assert recognise_token(connection, again.access_token, morning + timedelta(days=5)) is None


def test_what_was_issued_for_a_key_ends_with_it(connection: Connection, morning: datetime) -> None:
    made = make_merchant_keys(connection, MerchantId("shop"), morning, DRAW, by="post").pathao
    sent = [str(made[name]) for name in ("client_id", "client_secret", "username", "password")]
    tokens = exchange_for_tokens(connection, *sent, morning, DRAW)  # type: ignore[arg-type, call-arg, misc]
    retire_key(connection, sent[0], morning)
    assert tokens and recognise_token(connection, tokens.access_token, morning) is None
    assert forget_issued(connection, morning + timedelta(days=400)) == 2
