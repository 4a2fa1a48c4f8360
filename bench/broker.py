"""A Kafka broker of one's own, for tests and benches."""

import os
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

import kafka


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Broker:
    """A KRaft broker and controller in one process, from any Kafka distribution; it may be killed."""

    def __init__(self, home: Path, folder: Path) -> None:
        self._home, self._folder, self._port = home, folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self._port}"

    def format(self) -> None:
        """A new KRaft broker that is its own controller."""
        self._folder.mkdir(parents=True, exist_ok=True)
        controller = free_port()
        lines = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self._folder / "log"),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "500",
            "auto.create.topics.enable": "false",
        }
        (self._folder / "server.properties").write_text("".join(f"{k}={v}\n" for k, v in lines.items()))
        command = ["format", "-t", uuid.uuid4().hex[:22], "-c", str(self._folder / "server.properties")]
        subprocess.run(["bash", self._bin("kafka-storage.sh"), *command], check=True, stdout=subprocess.DEVNULL)

    def _bin(self, name: str) -> str:
        return str(self._home / "bin" / name)

    def start(self) -> None:
        """Starts, and waits until it answers."""
        with (self._folder / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                ["bash", self._bin("kafka-server-start.sh"), str(self._folder / "server.properties")],
                stdout=out,
                stderr=out,
                env={**os.environ, "KAFKA_HEAP_OPTS": "-Xmx400m", "LOG_DIR": str(self._folder / "logs")},
                start_new_session=True,
            )
        self.wait()

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                kafka.KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{self._port}", bootstrap_timeout_ms=2000).close()
                return
            except kafka.errors.KafkaError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP makes it silent, SIGCONT lets it go on."""
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """SIGKILL, as a machine that loses power."""
        if self._process is not None:
            os.killpg(self._process.pid, 9)
            self._process.wait()
            self._process = None
