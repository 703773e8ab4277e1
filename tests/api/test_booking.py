from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import time
from dataclasses import replace
from tests.api.client import Api
from post_logistics.operations.numbering import Numbers

def test_x(api: Api) -> None:
    shop = api.shop()
    e = api.engine
    api.client.app.state.engine = replace(e, numbers=Numbers(e.database, b"x", block=1))
    b = Barrier(16)
    def go(i):
        b.wait()
        return api.book(shop, f"R-{i}")
    for n in range(3):
        t = time.perf_counter()
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(go, range(n*16, n*16+16)))
        print(time.perf_counter()-t, [a.status_code for a in answers])
    assert 0
