"""Which shop a command is about, and where its things lie."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from servicekit.errors import InvalidInput
from shopctl.shop import LOCAL_SERVERS, Running, environment, hold, open_shop, remember, running, write_running


def test_what_an_import_remembered_holds_for_every_later_command(tmp_path: Path) -> None:
    remember(open_shop("uci", tmp_path), clock="log")
    shop = open_shop("uci", tmp_path)
    assert shop.clock == "log"
    assert environment(shop)["SHOP_CLOCK"] == "log"
    assert environment(shop)["SHOP_EVENTS_URL"] == f"sqlite:///{tmp_path}/events.db"


def test_a_folder_belongs_to_one_shop(tmp_path: Path) -> None:
    remember(open_shop("uci", tmp_path))
    with pytest.raises(InvalidInput, match="is the folder of shop 'uci', not of 'sample'"):
        open_shop("sample", tmp_path)


def test_a_name_that_cannot_be_a_shops_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="shop id: 'My Shop'"):
        open_shop("My Shop", tmp_path)


def test_servers_are_where_they_usually_are_unless_told_otherwise(tmp_path: Path, state_elsewhere: str) -> None:
    shop = open_shop("mine", tmp_path, servers=True)
    assert (shop.events_url, shop.records_url) == (LOCAL_SERVERS["events_url"], LOCAL_SERVERS["records_url"])
    assert shop.state_url == state_elsewhere


def test_a_running_shops_servers_hold_for_every_command_and_its_key_is_the_owners_alone(tmp_path: Path) -> None:
    run = Running(os.getpid(), "mine", "now", "the-key", {"events_url": "kafka://other:9092"}, {"gateway": 1})
    with hold(tmp_path) as held:
        assert held
        write_running(tmp_path, run)
        assert running(tmp_path) == run
        assert open_shop("mine", tmp_path).events_url == "kafka://other:9092"
    assert stat.S_IMODE((tmp_path / "run" / "shopctl.json").stat().st_mode) == 0o600


def test_a_shop_has_one_supervisor_and_one_that_was_killed_is_none(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from shopctl.shop import hold\n"
    code += "with hold(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        write_running(tmp_path, Running(other.pid, "mine", "now", "key", {"events_url": "kafka://other:9092"}))
        assert running(tmp_path) is not None
        with hold(tmp_path, patience_seconds=0) as held:
            assert not held
        other.kill()
    assert running(tmp_path) is None
    assert open_shop("mine", tmp_path).events_url.startswith("sqlite:///")
    with hold(tmp_path) as held:
        assert held


@pytest.fixture
def state_elsewhere() -> "object":
    os.environ["SHOP_STATE_URL"] = "redis://elsewhere:6379/1"
    yield os.environ["SHOP_STATE_URL"]
    del os.environ["SHOP_STATE_URL"]
