"""containerdetails.py: no secret is shown, and numbers are those of `docker stats`."""

from softops.containerdetails import Usage, described, usage


def test_only_values_known_to_be_no_secrets_are_shown() -> None:
    said = {"Config": {"Env": ["TZ=UTC", "DEBUG=true", "PORT=8080", "PASSWORD=abc", "USER=other", "EMPTY", "URL=x://abc@y"],
                       "Cmd": ["--password", "abc"], "Entrypoint": ["abc"],
                       "Labels": {"io.softops.name": "demo", "secret": "abc"}},
            "Path": "abc", "Args": ["abc"]}
    shown = described(said, {"TZ": "UTC", "DEBUG": True, "PORT": 8080, "USER": "admin"})
    assert shown["environment"] == {"TZ": "UTC", "DEBUG": "true", "PORT": "8080", "PASSWORD": "***", "USER": "***",
                                    "EMPTY": "***", "URL": "***"}
    assert "abc" not in str(shown)


def test_an_answer_without_anything_can_be_shown() -> None:
    assert described({}, {})["environment"] == {}


def sample(cpu: int, machine: int) -> dict[str, object]:
    return {"cpu_stats": {"cpu_usage": {"total_usage": cpu}, "system_cpu_usage": machine, "online_cpus": 4},
            "memory_stats": {"usage": 1000, "limit": 5000, "stats": {"inactive_file": 300}},
            "networks": {"eth0": {"rx_bytes": 10, "tx_bytes": 1}, "eth1": {"rx_bytes": 5, "tx_bytes": 2}},
            "blkio_stats": {"io_service_bytes_recursive": [
                {"op": "Read", "value": 7}, {"op": "write", "value": 8}, {"op": "read", "value": 1}]},
            "pids_stats": {"current": 3}}


def test_the_use_between_two_samples() -> None:
    assert usage(sample(100, 1000), sample(200, 1800)) == Usage(
        cpu_percent=50.0, memory=700, memory_limit=5000, received=15, sent=3, read=8, written=8, processes=3)


def test_what_an_engine_does_not_say_is_not_known() -> None:
    nothing = Usage(cpu_percent=None, memory=None, memory_limit=None, received=None, sent=None, read=None,
                    written=None, processes=None)
    assert usage({}, {}) == nothing
    assert usage({"cpu_stats": 1}, {"cpu_stats": {"cpu_usage": []}, "networks": None, "blkio_stats": {
        "io_service_bytes_recursive": None}, "memory_stats": {"usage": "x"}}) == nothing
