from tests.api.client import Api


def test_x(api: Api) -> None:
    shop = api.shop()
    r = api.book(shop)
    print(r.json())
    item = api.item(shop)
    print(api.get(f"/v1/tracking/{item}").json())
    api.at_the_door(item)
    print(api.post("/v1/plans", {"office": "1216", "service_on": "2026-11-22", "seconds": 1}).json())
    print(api.claims(api.scan(item, "delivered_claimed", holder="rider:1216-R01", collected_poisha=100000)))
    print(
        api.post(
            "/v1/day-closes/riders",
            {
                "rider": "1216-R01",
                "office": "1216",
                "closed_on": "2026-11-22",
                "counted_poisha": 100000,
                "counted_by": "x",
            },
        ).json()
    )
    print(
        api.post(
            "/v1/day-closes/offices",
            {"office": "1216", "closed_on": "2026-11-22", "counted_poisha": 100000, "counted_by": "x"},
        ).json()
    )
    c = "office-close:1216:2026-11-22"
    print(api.post("/v1/deposits", {"close_id": c, "slip_number": "S1"}).json())
    print(api.post("/v1/deposits/confirmations", {"close_id": c, "confirmed_poisha": 100000}).text)
    r = api.post("/v1/settlements", {"settled_on": "2026-11-23"})
    print(r.text)
    assert 0
