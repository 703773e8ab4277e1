"""Practice: a made-up world with somebody of every role, made anew by a button; and never where work is real."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from api.pages.signing import home
from post_logistics.access.roles import Role
from post_logistics.demo.practice import begin_practice, practice_settings
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.settings import Settings
from post_logistics.storage.practice import SCHEMA
from tests.api.client import Api
from tests.api.pages.learners import Learner

pytestmark = pytest.mark.xdist_group("practice")
ENGLISH = {"Cookie": "language=en"}


def entered(world: Api, role: Role) -> dict[str, str]:
    """What the browser of somebody of that role sends from then on."""
    answer = world.client.post(f"/practice/as/{role}")
    assert answer.status_code == 303 and answer.headers["location"] == home(frozenset({role}))
    session = answer.cookies["session"]
    world.client.cookies.clear()
    return {"Cookie": f"session={session}; language=en"}


def count(world: Api, table: str) -> int:
    with world.engine.database.transaction() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())


def test_every_role_comes_in_by_a_button_and_every_page_says_what_it_is(world: Api) -> None:
    page = world.client.get("/practice", headers=ENGLISH).text
    assert "Practice: nothing here is real." in page and "অনুশীলন" in page and 'class="practice"' in page
    for role in Role:
        assert f'action="/practice/as/{role}"' in page
        seen = world.client.get(home(frozenset({role})), headers=entered(world, role))
        if role is not Role.AGENT:
            assert seen.status_code == 200 and "Practice: nothing here is real." in seen.text, role


def test_there_is_work_for_everybody(world: Api) -> None:
    facts = world.client.get("/station/facts", headers=entered(world, Role.COUNTER)).json()
    assert any(one["is_here"] for one in facts["things"].values()) and facts["riders"]
    assert count(world, "consignments") > 40 and count(world, "plans") > 0 and count(world, "settlements") > 0


def test_a_button_makes_everything_anew_and_signs_everybody_out_but_progress_stays(world: Api) -> None:
    """What lies in the new world counts in a lesson only if it is done after the world was made."""
    learner = Learner(world)
    learner.begin("merchant-3-money")
    for number, right in ((1, 1), (2, 0), (3, 1)):
        learner.answer(number, right)
    assert learner.at() == 4
    shop = entered(world, Role.MERCHANT)
    before = count(world, "consignments")
    world.item(world.shop(), "MINE")
    assert count(world, "consignments") == before + 1
    assert world.client.post("/practice/anew").status_code == 303
    assert count(world, "consignments where order_ref = 'MINE'") == 0 and count(world, "consignments") > 40
    assert world.client.get("/shop", headers=shop).status_code == 303
    assert world.client.get("/shop", headers=entered(world, Role.MERCHANT)).status_code == 200
    world.item(world.shop(), "AGAIN")
    assert learner.at() == 4
    learner.send("/training/work")
    world.at += timedelta(minutes=1)
    learner.book(cod_taka="")
    assert learner.at() == 0 and "this lesson is finished" in learner.panel()


def test_where_work_is_real_there_is_no_button(api: Api) -> None:
    for path in ("/practice/as/administrator", "/practice/anew"):
        assert api.client.post(path).status_code == 404
    assert api.client.get("/practice").status_code == 404
    assert "practice" not in api.client.get("/track").text


def test_real_data_is_never_taken_for_practice(settings: Settings, world: Api) -> None:
    """The red control: once the remark is gone, the same schema is somebody's work, and is left alone."""
    ours = settings.model_copy(update={"practice": True, "schema_name": SCHEMA})
    facts = world.engine.facts
    before = count(world, "consignments")
    begin_practice(ours, facts, world.at)
    with world.engine.database.transaction() as connection:
        connection.execute(text(f"comment on schema {SCHEMA} is null"))
    with pytest.raises(Conflict, match="nobody made up"):
        begin_practice(ours, facts, world.at)
    assert count(world, "consignments") == before


def test_practice_has_a_database_of_its_own() -> None:
    at_home = practice_settings(Settings(data_dir=Path("/srv/var"), database_url=None))
    assert (at_home.data_dir, at_home.schema_name, at_home.practice) == (Path("/srv/var-practice"), SCHEMA, True)
    named = Settings(database_url=SecretStr("postgresql://u@h/post_practice"))
    assert practice_settings(named).schema_name == SCHEMA
    for wrong in (
        Settings(database_url=SecretStr("postgresql://u@h/post")),
        Settings(environment="production", database_url=SecretStr("postgresql://u@h/practice")),
    ):
        with pytest.raises(Unacceptable):
            practice_settings(wrong)
