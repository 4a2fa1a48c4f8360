"""`shopctl up`, `down` and `status`: the processes of one shop, from the first second to the last."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from servicekit.errors import Conflict
from servicekit.settings import ShopSettings
from shopctl import processes, servers
from shopctl.child import Child, healthy
from shopctl.console import err, fail, note, out, print_json, table
from shopctl.example import Example, pick
from shopctl.prepare import prepare
from shopctl.processes import PROCESSES, Keys, Process
from shopctl.shop import URLS, Running, alive, hold, read_json, remember, running, supervisor_pid, write_running
from shopctl.supervisor import Supervisor

DOWN_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """What `up` was asked for."""

    shop: ShopSettings
    free_ports: bool = False
    train: bool = True


def up(plan: Plan) -> int:
    """Runs until Ctrl-C, SIGTERM or an error; returns the exit code."""
    servers.check_disk(plan.shop)
    with hold(plan.shop.home) as held:
        if not held:
            raise second(plan.shop)
        return _up(plan)


def _up(plan: Plan) -> int:
    shop = plan.shop
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    servers.check_servers(shop)
    remember(shop)
    end_leftovers(shop.home)
    env = processes.current_environment()
    for process in PROCESSES:
        env |= processes.choose_addresses(process, env, plan.free_ports, note)
    try:
        prepare(shop, env, plan.train)
        return asyncio.run(serve(shop, env, began))
    except KeyboardInterrupt:
        note("stopped before the shop was up")
        return 130


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


async def serve(shop: ShopSettings, env: Mapping[str, str], began: float) -> int:
    """Starts all in order, says where they are, waits for the end, stops all."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ending.set)
    keys = Keys()
    supervisor = Supervisor(shop.home, lambda text: note(f"[bold yellow]![/] {escape(text)}"), _drain(env))
    picking = asyncio.create_task(asyncio.to_thread(pick, shop))
    starting = asyncio.create_task(start_all(shop, env, keys, supervisor))
    waiting = asyncio.create_task(ending.wait())
    try:
        await asyncio.wait([starting, waiting], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            supervisor.on_change(lambda: _write(shop, keys, supervisor.children))
            _write(shop, keys, supervisor.children)
            show(shop, supervisor.children, await picking, began)
            await ending.wait()
    finally:
        starting.cancel()
        note("stopping …")
        await supervisor.stop()
        (shop.home / "run" / "shopctl.json").unlink(missing_ok=True)
    note("stopped")
    return 0


async def start_all(shop: ShopSettings, env: Mapping[str, str], keys: Keys, supervisor: Supervisor) -> None:
    grpc_addresses: dict[str, str] = {}

    async def start(process: Process) -> None:
        mine = processes.variables(shop, keys, process, env)
        mine |= {name: grpc_addresses[peer] for name, peer in process.needs.items()}
        child = await supervisor.start(process, mine)
        grpc_addresses[process.name] = child.ready["grpc"]

    for wave in processes.waves():
        with err.status(f"starting {', '.join(process.name for process in wave)} …"):
            await gathered(start(process) for process in wave)


async def gathered(work: Iterable[Coroutine[None, None, None]]) -> None:
    """All side by side; the first error ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None


def _write(shop: ShopSettings, keys: Keys, children: Sequence[Child]) -> None:
    """The start stands; ids change when a process was started again."""
    urls = {name: str(getattr(shop, name)) for name in URLS}
    known = running(shop.home)
    started = known.started if known and known.pid == os.getpid() else datetime.now(UTC).isoformat(timespec="seconds")
    pids = {child.name: child.pid for child in children}
    write_running(shop.home, Running(os.getpid(), shop.id, started, keys.operator, urls, pids))


def _drain(env: Mapping[str, str]) -> float:
    return max([float(env.get(f"{process.prefix}DRAIN_SECONDS", "10")) for process in PROCESSES])


def show(shop: ShopSettings, children: Sequence[Child], found: Example, began: float) -> None:
    """Where the shop is, and commands to try."""
    gateway = next(child for child in children if child.name == "gateway")
    out.print(f"\n[bold green]shop {shop.id} is up[/] after {time.monotonic() - began:.1f} s\n")
    out.print(
        f"  web    [bold]http://{gateway.ready['http']}/[/]   console [bold]http://{gateway.ready['http']}/console[/]"
    )
    out.print(f"  gRPC   [bold]{gateway.ready['grpc']}[/]")
    out.print(f"  logs   {shop.home / 'logs'}\n")
    out.print("try:")
    for command in examples(shop, gateway.ready["http"], found):
        out.print(f"  {escape(command)}", soft_wrap=True)
    out.print("\nCtrl-C stops it.\n" if out.is_terminal else "")


def examples(shop: ShopSettings, http: str, found: Example) -> list[str]:
    """Commands that answer about this very shop."""
    program = f"{Path(sys.executable).parent / 'shopctl'}"
    shopctl = os.path.relpath(program) if Path(program).is_relative_to(Path.cwd()) else program
    which = "" if shop.id == "sample" else f" --shop {shop.id}"
    which += "" if shop.home == (Path(".shops") / shop.id).absolute() else f" --home {shop.home}"
    return [
        f"{shopctl} recommend --visitor {found.visitor_id}{which}" if found.visitor_id else f"{shopctl} status{which}",
        f'{shopctl} search "{found.words}"{which}' if found.words else f"{shopctl} models{which}",
        f"{shopctl} chat{which}",
        f"curl -s http://{http}/v1/pages/home?page_size=3",
    ]


def second(shop: ShopSettings) -> Conflict:
    """What one who starts it once more is told."""
    run = running(shop.home)
    if run is None:
        return Conflict(f"shop {shop.id!r} is being started by another `shopctl up`", "ALREADY_UP")
    web = read_json(shop.home / "run" / "gateway.json").get("http", "")
    message = f"shop {shop.id!r} is up already (pid {run.pid}, http://{web}/)"
    return Conflict(f"{message}; `shopctl down --shop {shop.id}` stops it", "ALREADY_UP")


def end_leftovers(home: Path) -> None:
    """Ends processes of this shop whose supervisor was killed; they hold its ports and its consumer's place."""
    for process in PROCESSES:
        pid = read_json(process.ready_file(home)).get("pid")
        if isinstance(pid, int) and alive(pid) and f"-m {process.module}" in _command_of(pid):
            note(f"ending {process.name} (pid {pid}), left over from a supervisor that was killed")
            _end(pid, seconds=15.0)


def _command_of(pid: int) -> str:
    asked = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def _end(pid: int, seconds: float) -> bool:
    """SIGTERM, then SIGKILL. False if it had to be killed."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not alive(pid):
                return number == signal.SIGTERM
            time.sleep(0.05)
    return False


def detach(plan: Plan, arguments: Sequence[str]) -> int:
    """Starts the same command in the background and returns once the shop is up; what it says is shown meanwhile.

    However long it trains: Ctrl-C ends the waiting, and the start with it.
    """
    shop = plan.shop
    if supervisor_pid(shop.home) is not None:
        raise second(shop)
    servers.check_disk(shop)
    servers.check_servers(shop)
    log_path = shop.home / "logs" / "shopctl.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        position = log.tell()
        command = [sys.executable, "-m", "shopctl", "up", *arguments]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        code = _follow(process, shop.home, log_path, position)
    except KeyboardInterrupt:
        process.terminate()
        return 130
    if code == 0:
        note(f"in the background, pid {process.pid}; `shopctl down --shop {shop.id}` stops it")
    return code


def _follow(process: "subprocess.Popen[bytes]", home: Path, log_path: Path, position: int) -> int:
    """Shows what it says until it is up (0) or has ended (its code)."""
    while True:
        position = _echo(log_path, position)
        run = running(home)
        is_up = run is not None and run.pid == process.pid
        if is_up or process.poll() is not None:
            time.sleep(0.3)
            _echo(log_path, position)
            return 0 if is_up else process.returncode or 1
        time.sleep(0.1)


def _echo(path: Path, position: int) -> int:
    with path.open("rb") as log:
        log.seek(position)
        text = log.read()
    if text:
        sys.stderr.write(text.decode(errors="replace"))
        sys.stderr.flush()
    return position + len(text)


def down(shop: ShopSettings) -> int:
    pid = supervisor_pid(shop.home)
    if not pid:
        end_leftovers(shop.home)
        note(f"shop {shop.id!r} is not up")
        return 0
    clean = _end(pid, DOWN_SECONDS)
    end_leftovers(shop.home)
    note(f"shop {shop.id!r} is stopped" + ("" if clean else " (it had to be killed)"))
    return 0


def status(shop: ShopSettings, as_json: bool) -> int:
    """0 if all processes are there and healthy, else 1."""
    run = running(shop.home)
    if run is None:
        if as_json:
            print_json({"shop": shop.id, "up": False, "processes": []})
            return 1
        raise fail(f"shop {shop.id!r} is not up", f"start it with: make run SHOP={shop.id}")
    rows = asyncio.run(_states(shop))
    if as_json:
        print_json({"shop": shop.id, "up": True, "pid": run.pid, "started": run.started, "processes": rows})
    else:
        names = ("process", "state", "pid", "gRPC", "web", "metrics")
        keys = ("service", "state", "pid", "grpc", "http", "metrics")
        out.print(table(f"shop {shop.id}, up since {run.started}", names, [[r.get(k, "") for k in keys] for r in rows]))
    return 0 if all(row["state"] == "serving" for row in rows) else 1


async def _states(shop: ShopSettings) -> list[dict[str, object]]:
    return [await _state(shop, process) for process in PROCESSES]


async def _state(shop: ShopSettings, process: processes.Process) -> dict[str, object]:
    said = read_json(process.ready_file(shop.home))
    pid = said.get("pid")
    if not isinstance(pid, int) or not alive(pid):
        return {"service": process.name, "state": "down"}
    well = await healthy(str(said.get("grpc", "")), processes.current_environment(), process.prefix)
    return {**said, "service": process.name, "state": "serving" if well else "not serving"}


def escape(text: str) -> str:
    return text.replace("[", "\\[")
