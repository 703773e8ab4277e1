"""Connected shops by pages: what to paste where, the secret once, what came, and the end of it."""

import re
from uuid import UUID

from post_logistics.channels.shops.news import signature
from post_logistics.operations.orders.shop_orders import take_in_all
from tests.api.client import Api
from tests.api.pages.test_shop_pages import Browser, gone, seen
from tests.channels.shops.messages import sent, woo_order

HERE = "/shop/connections"


def connected(owner: Browser, **said: str) -> tuple[str, str]:
    """The path of a new connection, and what the page said."""
    form = {"kind": "woocommerce", "domain": "https://saree.example/shop"} | said
    made = seen(owner.send(HERE, form, page=HERE))
    (shop_id,) = set(re.findall(rf'action="{HERE}/([^/"]+)/secret"', made))
    return f"{HERE}/{shop_id}", made


def secret_in(page: str) -> str:
    found = re.search(r"it is not shown again\.</p><p><code>([^<]+)</code>", page)
    return found[1] if found else ""


def test_a_shop_is_connected_its_secret_shown_once_and_its_order_seen(api: Api) -> None:
    owner = Browser(api, api.shop())
    path, made = connected(owner)
    shop_id, secret = path.rpartition("/")[2], secret_in(made)
    assert len(secret) == 32 and secret not in owner.read(path) and secret not in owner.read(HERE)
    (address,) = set(re.findall(r"<code>(http[^<]+/woocommerce)</code>", made))
    assert address == f"http://testserver/v1/shops/{shop_id}/woocommerce"
    assert "Nothing has come yet" in made and "waits for the first order" in owner.read(HERE)

    body = sent(woo_order())
    for topic, message in (("order.created", body), ("product.updated", b"{}"), ("order.created", b"not json")):
        headers = {"x-wc-webhook-signature": signature(message, secret), "x-wc-webhook-topic": topic}
        assert api.client.post(address, content=message, headers=headers).status_code == 200
    assert "It will be looked at in a moment." in owner.read(path)
    engine = api.engine
    take_in_all(engine.database, engine.facts, engine.numbers, UUID(shop_id), lambda: api.at)
    log = owner.read(path)
    (item,) = set(re.findall(r'href="/shop/orders/([A-Z]{2}\d{9}BD)"', log))
    assert "Booked" in log and "product.updated" in log
    assert "1 booked" in owner.read(HERE) and "1 cannot be read" in owner.read(HERE)
    assert item in owner.read(f"/shop/orders/{item}")


def test_another_secret_replaces_the_old_one_at_once(api: Api) -> None:
    owner = Browser(api, api.shop())
    path, made = connected(owner)
    old, new = secret_in(made), secret_in(seen(owner.send(f"{path}/secret", {}, page=HERE)))
    assert new and new != old
    address, message = f"/v1{path.replace('/shop/connections', '/shops')}/woocommerce", sent(woo_order())
    for secret, status in ((old, 401), (new, 200)):
        headers = {"x-wc-webhook-signature": signature(message, secret), "x-wc-webhook-topic": "order.created"}
        assert api.client.post(address, content=message, headers=headers).status_code == status


def test_shopify_brings_its_own_secret_which_is_never_shown(api: Api) -> None:
    owner = Browser(api, api.shop())
    form = {"kind": "shopify", "domain": "saree.myshopify.com"}
    refused = seen(owner.send(HERE, form, page=HERE), 422)
    assert 'id="secret-error"' in refused and 'value="saree.myshopify.com"' in refused
    path, made = connected(owner, **form, secret="shpss_0123456789abcdef")
    assert "shpss_" not in made and "read_orders" in made
    assert "too short" in seen(owner.send(f"{path}/secret", {"secret": "short"}, page=HERE), 422)
    assert gone(owner.send(f"{path}/secret", {"secret": "shpss_fedcba9876543210"}, page=HERE)).startswith(path)


def test_what_is_no_shop_is_told_beside_its_field(api: Api) -> None:
    owner = Browser(api, api.shop())
    for wrong, field in (
        ({"domain": "not a shop"}, "domain"),
        ({"kind": "shopify", "domain": "saree.example", "secret": "x" * 20}, "domain"),
        ({"kind": "magento"}, "domain"),
        ({"prefix": "৳"}, "prefix"),
        ({"send_when": "…"}, "send_when"),
        ({"store_address": "nowhere at all"}, "store_address"),
    ):
        page = seen(owner.send(HERE, {"kind": "woocommerce", "domain": "saree.example"} | wrong, page=HERE), 422)
        assert f'id="{field}-error"' in page or (field == "store_address" and 'class="error"' in page), wrong


def test_a_connection_ends_and_begins_again_and_is_nobody_else_s(api: Api) -> None:
    owner, stranger = Browser(api, api.shop()), Browser(api, api.shop())
    path, _ = connected(owner)
    assert stranger.get(path).status_code == 404
    assert stranger.send(f"{path}/end", {}, page=HERE).status_code == 404
    assert stranger.send(f"{path}/secret", {}, page=HERE).status_code == 404
    gone(owner.send(f"{path}/end", {}, page=HERE))
    assert "disconnected" in owner.read(HERE) and "none of its orders is booked" in owner.read(path)
    seen(owner.send(f"{path}/secret", {}, page=HERE))
    assert "waits for the first order" in owner.read(HERE)
