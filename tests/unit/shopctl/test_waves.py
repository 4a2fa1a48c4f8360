"""Processes start side by side, none before those that it needs."""

from shopctl.processes import PROCESSES, Keys, waves


def test_nobody_starts_before_those_it_needs() -> None:
    started: set[str] = set()
    for wave in waves():
        assert wave
        assert all(started.issuperset(process.needs.values()) for process in wave)
        started |= {process.name for process in wave}
    assert started == {process.name for process in PROCESSES}
    assert [process.name for process in list(waves())[-1]] == ["gateway"]


def test_every_process_knows_the_key_of_its_peers_and_only_the_operator_opens_the_gateway() -> None:
    keys = Keys()
    made = keys.variables({"DIALOGUE_API_KEYS": "desk:own-key"})
    assert made["DIALOGUE_API_KEYS"] == f"desk:own-key,peer:{keys.internal}"
    assert made["NLU_API_KEYS"] == f"peer:{made['DIALOGUE_PEER_API_KEY']}"
    assert made["GATEWAY_API_KEYS"] == f"shopctl:{keys.operator}"
