"""stop.yml, restart.yml and remove.yml on real servers, and starting again what is there."""

from __future__ import annotations

from tests.playbooks.apps import App, ended

VOLUME = {"volumes": ["data:/data"]}


def volumes(app: App) -> list[str]:
    return app.server.docker("volume", "ls", "--quiet", "--filter", f"name={app.name}").split()


def test_stopping_and_starting_again_happens_once(app: App) -> None:
    app.run(app.order("1.0"))
    assert app.act("stop", "--check").changed == {"web1": True}
    assert app.serves() == "1.0"
    assert [app.act("stop").changed["web1"] for _ in range(2)] == [True, False]
    assert (app.serves(), list(app.containers().values())) == (None, ["exited"])
    assert app.act("start", "--check").changed == {"web1": True}
    assert [app.act("start").changed["web1"] for _ in range(2)] == [True, False]
    assert app.serves() == "1.0"


def test_a_restart_waits_until_all_is_well(app: App) -> None:
    app.run(app.order("1.0"))
    before = app.server.docker("inspect", "--format", "{{.State.StartedAt}}", *app.containers())
    assert app.act("restart", "--check").changed == {"web1": True}
    played = app.act("restart")
    assert (played.changed, ended(played).reason, app.serves()) == ({"web1": True}, "RESTART_SUCCESS", "1.0")
    assert app.server.docker("inspect", "--format", "{{.State.StartedAt}}", *app.containers()) != before


def test_what_was_never_started_is_not_restarted_but_is_stopped_and_removed_already(app: App) -> None:
    assert app.act("restart").failure("web1") == ("APP_NEVER_STARTED", 1003)
    assert app.act("stop").changed == {"web1": False}
    assert app.act("remove").changed == {"web1": False}


def test_removing_keeps_the_data_unless_asked(app: App) -> None:
    order = app.order("1.0", service=VOLUME)
    app.run(order)
    assert app.act("remove", "--check").changed == {"web1": True}
    assert app.serves() == "1.0"
    assert [app.act("remove").changed["web1"] for _ in range(2)] == [True, False]
    assert (app.containers(), volumes(app)) == ({}, [f"{app.name}_data"])
    assert app.name not in app.server.run("ls", "/opt/softops/apps")
    app.run(order)
    assert volumes(app) == [f"{app.name}_data"]
    app.act("remove", removeVolumes=True)
    assert volumes(app) == []


def test_removing_leaves_volumes_that_were_not_made_for_the_app(app: App) -> None:
    docker = app.server.docker
    app.run(app.order("1.0", service={"volumes": ["data:/data", "/nameless"]}))
    nameless = set(docker("inspect", "--format", "{{range .Mounts}}{{.Name}} {{end}}", *app.containers()).split())
    theirs = [f"{app.name}_other", f"{app.name}.x_data"]
    docker("volume", "create", "--label", f"com.docker.compose.project={app.name}", theirs[0])
    docker("volume", "create", "--label", "io.softops.name=other", theirs[1])
    try:
        app.act("remove", removeVolumes=True)
        assert sorted(volumes(app)) == sorted(theirs)
        assert not nameless & set(docker("volume", "ls", "--quiet").split())
    finally:
        docker("volume", "rm", *theirs)


def test_a_volume_that_another_container_has_stays(app: App) -> None:
    app.run(app.order("1.0", service=VOLUME))
    guest = app.server.docker("create", "--volume", f"{app.name}_data:/data", app.order("1.0")["images"][0]).strip()
    try:
        assert app.act("remove", removeVolumes=True).changed == {"web1": True}
        assert volumes(app) == [f"{app.name}_data"]
    finally:
        app.server.docker("rm", "--volumes", guest)
        app.server.docker("volume", "rm", f"{app.name}_data")


def test_no_app_starts_on_a_volume_of_others(app: App) -> None:
    name = f"{app.name}_data"
    app.server.docker("volume", "create", name)
    try:
        played = app.run(app.order("1.0", service=VOLUME))
        assert (played.failure("web1"), app.containers()) == (("VOLUME_TAKEN", 1003), {})
        assert app.name not in app.server.run("ls", "/opt/softops/apps")
    finally:
        app.server.docker("volume", "rm", name)
    assert app.run(app.order("1.0", service=VOLUME)).changed == {"web1": True}


def test_removing_leaves_files_that_the_app_keeps_in_its_directory(app: App) -> None:
    app.run(app.order("1.0"))
    folder = f"/opt/softops/apps/{app.name}"
    app.server.run("sh", "-c", f"mkdir {folder}/data && echo precious >{folder}/data/file")
    app.act("remove")
    assert app.server.run("sh", "-c", f"cd {folder} && find . -type f") == "./data/file\n"
    app.act("remove", removeVolumes=True)
    assert app.name not in app.server.run("ls", "/opt/softops/apps")


def test_an_interrupted_removal_can_be_repeated(app: App) -> None:
    app.run(app.order("1.0"))
    folder = f"/opt/softops/apps/{app.name}"
    # A directory that can not be deleted stops it in the middle.
    app.server.run("sh", "-c", f"mkdir -p {folder}/data && mount -t tmpfs none {folder}/data")
    try:
        assert app.act("remove", removeVolumes=True).failure("web1") == ("APP_FILES_FAILED", 500)
        left = set(app.server.run("ls", "-A", folder).split())
        assert ({"data", "revision.json"} <= left, "compose.yml" in left) == (True, False)
    finally:
        app.server.run("umount", f"{folder}/data")
    assert app.act("remove", removeVolumes=True).changed == {"web1": True}
    assert app.name not in app.server.run("ls", "/opt/softops/apps")


def test_an_app_whose_files_somebody_has_deleted_is_removed_all_the_same(app: App) -> None:
    app.run(app.order("1.0"))
    app.server.run("rm", "-r", f"/opt/softops/apps/{app.name}")
    assert app.act("remove").changed == {"web1": True}
    assert app.containers() == {}


def test_an_upgrade_keeps_the_volumes(app: App) -> None:
    app.run(app.order("1.0", service=VOLUME))
    app.server.docker("exec", *app.containers(), "sh", "-c", "echo kept >/data/file")
    app.push("2.0")
    app.run(app.order("2.0", service=VOLUME))
    assert app.server.docker("exec", *app.containers(), "cat", "/data/file") == "kept\n"
