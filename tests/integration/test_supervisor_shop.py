"""A whole shop by the command line: up, brought to life with its owner's files, hurt, and stopped."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SHOP = "mine"


class Owner:
    """Whoever types the commands."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def types(self, *arguments: str, seconds: float = 90) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "shopctl", *arguments, "--shop", SHOP, "--home", str(self.home)]
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)

    def asks(self, *arguments: str) -> Any:
        done = self.types(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def process(self, name: str) -> dict[str, Any]:
        """Empty while it is down."""
        done = self.types("status", "--json")
        found = {each["service"]: each for each in json.loads(done.stdout)["processes"]}
        return found.get(name, {}) if found.get(name, {}).get("state") == "serving" else {}


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    made = Owner(tmp_path_factory.mktemp("shop"))
    done = made.types("up", "--detach", "--free-ports")
    assert done.returncode == 0, done.stderr
    assert "shop mine is up" in done.stderr
    yield made
    done = made.types("down")
    assert done.returncode == 0
    assert "is stopped" in done.stderr
    assert "had to be killed" not in done.stderr
    assert made.types("status").returncode == 1
    assert list((made.home / "run").iterdir()) == []


def eventually(found: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)
    return value


def test_a_shop_that_is_up_says_where_it_is_and_is_not_started_twice(owner: Owner) -> None:
    gateway = owner.process("gateway")
    said = (owner.home / "logs" / "shopctl.log").read_text()
    assert f"http://{gateway['http']}/" in said
    assert gateway["grpc"] in said
    assert f"curl -s http://{gateway['http']}/v1/pages/home" in said
    with urllib.request.urlopen(f"http://{gateway['http']}/") as page:
        assert page.status == 200
    again = owner.types("up")
    assert again.returncode == 1
    assert "is up already" in again.stderr


def test_what_is_imported_is_found_at_once_and_what_happens_is_known(owner: Owner, tmp_path: Path) -> None:
    catalogue = tmp_path / "mugs.csv"
    rows = [f"mug-{n},{name} mug,9.90,EUR" for n, name in enumerate(("Blue", "Red", "Green"))]
    catalogue.write_text("\n".join(["product_id,title,price,currency", *rows]))
    assert owner.asks("import", "catalog", str(catalogue))["published"] == 3
    results = eventually(lambda: owner.asks("search", "red mug").get("results"))
    assert results[0]["product_id"] == "mug-1"
    assert owner.asks("product", "mug-1")["title"] == "Red mug"

    clickstream = tmp_path / "clicks.jsonl"
    event = {
        "event_type": "add-to-cart",
        "visitor_id": "v1",
        "product_id": "mug-1",
        "event_time": "2026-03-01T12:00:00Z",
    }
    clickstream.write_text(json.dumps(event))
    assert owner.asks("import", "events", str(clickstream))["published"] == 1
    profile = eventually(lambda: found if "cart_items" in (found := owner.asks("profile", "v1")) else None)
    assert profile["cart_items"] == [{"product_id": "mug-1", "quantity": "1"}]
    assert eventually(lambda: owner.asks("recommend", "--visitor", "v1", "-n", "2").get("results"))

    assert owner.asks("forget", "v1")["visitor_ids"] == ["v1"]
    assert "event_count" not in owner.asks("profile", "v1")


def test_the_owner_is_told_what_they_asked_wrongly(owner: Owner) -> None:
    for arguments, code, said in (
        (("product", "no-such"), 1, "no product 'no-such'"),
        (("similar", "no-such"), 1, "no product 'no-such'"),
        (("recommend",), 2, "visitor_id: is required"),
        (("recommend", "--visitor", "v", "--placement", "door"), 2, "'door' is not one of home, similar"),
        (("recommend", "--visitor", "v", "--api-key", "wrong-key"), 1, "give --api-key"),
        (("product", "a", "--address", "127.0.0.1:1"), 1, "start it with: make run SHOP=mine"),
    ):
        done = owner.types(*arguments)
        assert done.returncode == code, (arguments, done.stderr)
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_a_killed_gateway_is_back_at_the_same_address(owner: Owner) -> None:
    before = owner.process("gateway")
    os.kill(before["pid"], signal.SIGKILL)
    after = eventually(
        lambda: found if (found := owner.process("gateway")).get("pid") not in (None, before["pid"]) else 0
    )
    assert (after["http"], after["grpc"]) == (before["http"], before["grpc"])
    said = (owner.home / "logs" / "shopctl.log").read_text()
    assert "gateway was ended by SIGKILL; starting it again" in said
    assert owner.asks("search", "mug") is not None


def test_top_sees_all_processes(owner: Owner) -> None:
    view = owner.asks("top", "--once", "--interval", "0.3")
    assert [(service["service"], service["up"]) for service in view["services"]] == [
        ("recommender", True),
        ("nlu", True),
        ("generator", True),
        ("dialogue", True),
        ("gateway", True),
    ]
    assert view["stream"]["lag"] == 0
