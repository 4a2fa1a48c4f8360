"""`make up`: the same shop on real Kafka, Redis and PostgreSQL, told by URL."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import redis
import sqlalchemy

from bench.broker import Broker


def test_a_shop_on_real_servers_takes_in_answers_and_stops(
    broker: Broker, redis_url: str, postgres_url: str, shop_id: str, tmp_path: Path
) -> None:
    env = {**os.environ, "SHOP_EVENTS_URL": broker.url, "SHOP_STATE_URL": redis_url, "SHOP_RECORDS_URL": postgres_url}

    def types(*arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "shopctl", *arguments, "--shop", shop_id, "--home", str(tmp_path / "home")]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env=env)

    def asks(*arguments: str) -> Any:
        done = types(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    started = types("up", "--detach", "--servers", "--free-ports", env=env)
    assert started.returncode == 0, started.stderr
    try:
        catalogue = tmp_path / "mugs.csv"
        catalogue.write_text("product_id,title\nmug-1,Red mug\n")
        clicks = tmp_path / "clicks.jsonl"
        clicks.write_text(json.dumps({"event_type": "add-to-cart", "visitor_id": "v1", "product_id": "mug-1",
                                      "event_time": "2026-03-01T12:00:00Z"}))  # fmt: skip
        # The running shop's own URLs: nothing in the environment names them here.
        assert asks("import", "catalog", str(catalogue))["published"] == 1
        assert asks("import", "events", str(clicks))["published"] == 1
        assert asks("import", "events", str(clicks))["unchanged"] == 1
        wait_until(lambda: asks("search", "mug").get("results"))
        wait_until(lambda: asks("profile", "v1").get("cart_items") == [{"product_id": "mug-1", "quantity": "1"}])
        assert not (tmp_path / "home" / "events.db").exists()
        assert not (tmp_path / "home" / "state.db").exists()
    finally:
        stopped = types("down")
        forget_keys(redis_url, shop_id)
        drop_schema(postgres_url, shop_id)
    assert stopped.returncode == 0
    assert "is stopped" in stopped.stderr


def wait_until(condition: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)


def forget_keys(url: str, shop_id: str) -> None:
    client = redis.Redis.from_url(url)
    for key in client.scan_iter(f"*{shop_id}*"):
        client.delete(key)
    client.close()


def drop_schema(url: str, shop_id: str) -> None:
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.schema.DropSchema(shop_id, cascade=True, if_exists=True))
    engine.dispose()
