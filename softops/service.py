"""All parts of softops wired together: what the server runs, and the command line where no server runs."""

from __future__ import annotations

from contextlib import suppress

from softops import __version__
from softops.accounts import make_accounts
from softops.amends import Amends
from softops.applies import Applies, Healer
from softops.apps import Apps
from softops.audit import Audit
from softops.auditseen import FILE, Seen
from softops.broadcast import Hub
from softops.checks import Checks
from softops.clock import Clock, utc_now
from softops.config import Settings
from softops.containerlooks import ContainerLooks
from softops.containers import Containers
from softops.credentials import Credentials
from softops.db import Database
from softops.desiredstate import DesiredState
from softops.desires import Desires
from softops.dialbook import DialBook
from softops.enginewatch import EngineWatch
from softops.entities import Server
from softops.errors import ConfigError
from softops.git import GitMirror
from softops.handback import HandBack
from softops.handruns import HandRuns
from softops.handwork import Handwork
from softops.hookmarks import HookMarks
from softops.hooks import Hooks
from softops.idempotency import Idempotency
from softops.images import Images
from softops.installs import Installs
from softops.inventory import InventoryHost, read_inventory
from softops.inventorygit import InventoryGit
from softops.inventorywatch import InventoryWatch
from softops.locks import Locks
from softops.oidclogins import make_oidc_logins
from softops.owners import this_process
from softops.playbooks import HealthLimits, PullLimits
from softops.polling import Poller
from softops.records import Records
from softops.registry import RegistryClient
from softops.repositories import Repositories
from softops.runner import RunLimits, Runner
from softops.seals import check_key
from softops.servers import Servers
from softops.starts import Starts
from softops.sync import Syncer
from softops.syncqueue import SyncQueue
from softops.trail import Trail
from softops.vault import make_vault
from softops.worker import Worker
from softops.writeback import WriteBack

FIRST_REPOSITORY = "catalog"
"""The name of the repository that the settings describe."""


class Service:
    """Everything of one softops process. `start` once, `stop` once; between them it takes and runs jobs."""

    def __init__(self, settings: Settings, clock: Clock = utc_now, *, takes_all: bool = True) -> None:
        """Unless it `takes_all`, only jobs are run that this process made (see Worker)."""
        self.settings = settings
        self.clock = clock
        self._make_directories()
        self.hub = Hub()
        self.database = Database(settings.database_url)
        self.images = Images(self.database)
        self.vault = make_vault(settings.secret_key, settings.var_dir)
        self.audit = Audit(self.database, self.vault.derive, Seen(settings.var_dir / FILE))
        self.trail = Trail(self.audit, clock)
        self.repositories = Repositories(self.database, audit=self.audit)
        self.servers = Servers(self.database)
        self.records = Records(self.database, keeper=None if takes_all else this_process(), audit=self.audit)
        self.accounts = make_accounts(self.database, clock, settings.session_hours)
        self.oidc = make_oidc_logins(settings, self.accounts, self.vault, clock)
        self.containers = Containers(self.database)
        self.apps = Apps(self.database)
        limits, runner = self._pull_limits(), Runner(self._run_limits())
        self.credentials = Credentials(self.database, self.vault)
        self._registry = RegistryClient(settings.plain_http_registries, settings.connect_timeout, settings.networks,
                                        self.credentials.login)
        self.syncer = Syncer(repositories=self.repositories, images=self.images, registry=self._registry,
                             mirror=GitMirror(settings.var_dir / "git", networks=settings.networks),
                             credentials=self.credentials, var_dir=settings.var_dir, clock=clock)
        self.poller = Poller(repositories=self.repositories, syncer=self.syncer)
        self.hooks = Hooks(repositories=self.repositories, vault=self.vault, marks=HookMarks(self.database, clock),
                           queue=SyncQueue(self.syncer.sync))
        self.idempotency = Idempotency(self.database, clock)
        self.watch = InventoryWatch(settings.inventory_path, self._read_again)
        self._watches_engines = takes_all
        self.dials = DialBook(runner=runner, limits=limits, home=settings.home,
                              place=settings.var_dir / "runs" / this_process())
        self.looks = ContainerLooks(containers=self.containers, servers=self.servers, apps=self.apps, vault=self.vault,
                                    book=self.dials)
        self.engines = EngineWatch(servers=self.servers, containers=self.containers, book=self.dials, hub=self.hub,
                                   clock=clock, lang=settings.language, inventory=settings.inventory_path)
        self.checks = Checks(servers=self.servers, runner=runner, clock=clock, limits=limits, lang=settings.language)
        self.worker = self._make_worker(runner, limits, takes_all=takes_all)
        handwork = Handwork(records=self.records, repositories=self.repositories, home=settings.home,
                            inventory=settings.inventory_path, plain_http=settings.plain_http_registries)
        self.starts = Starts(records=self.records, images=self.images, servers=self.servers, apps=self.apps,
                             repositories=self.repositories, vault=self.vault, registry=self._registry,
                             worker=self.worker, handwork=handwork, clock=clock)
        self.worker.takes_back(self.starts.undo)
        self.engines.looks_around(Amends(records=self.records, starts=self.starts, engines=self.engines).make)
        self.locks = Locks(records=self.records, worker=self.worker, leases=self.worker.leases, clock=clock)
        self.handruns = HandRuns(records=self.records, images=self.images, servers=self.servers, vault=self.vault,
                                 clock=clock, watch=self.worker.job_run)
        self.installs = Installs(records=self.records, images=self.images, servers=self.servers,
                                 repositories=self.repositories, worker=self.worker, starts=self.starts)
        self.desires = Desires(read=self._read_hosts, servers=self.servers, apps=self.apps, images=self.images,
                               containers=self.containers, state=DesiredState(self.database), engines=self.engines,
                               git=InventoryGit(settings.inventory_path, settings.var_dir / "git"), clock=clock)
        if settings.write_back:
            writer = WriteBack(InventoryGit(settings.inventory_path, settings.var_dir / "git"), settings.var_dir)
            self.worker.follows(HandBack(records=self.records, apps=self.apps, writer=writer).job_ended)
        self.applies = Applies(starts=self.starts, state=DesiredState(self.database))
        self.healer = Healer(self.desires, self.applies, begun=lambda job: self.trail.tell(
            "heal", f"job {job.id}", job_id=job.id))

    def start(self) -> None:
        """Bring the database up to date, read the inventory, and begin to take jobs and to poll."""
        self.database.migrate()
        check_key(self.database, self.vault)
        self._tell("server.start")
        self.syncer.seal_logins()
        settings = self.settings
        # Removed, it stays so until the settings say something new.
        self.syncer.place(name=FIRST_REPOSITORY, url=settings.catalog_url, ref=settings.catalog_ref,
                          path=settings.catalog_path, interval=settings.sync_interval, again=False)
        self.read_servers()
        self.worker.start()
        self.poller.start()
        self.watch.start()
        if self._watches_engines:
            self.engines.start()
            self.hooks.start()
        if settings.heal and self._watches_engines:
            self.healer.start()

    def stop(self) -> None:
        """Stop polling and working and close the database; no thread is left."""
        self.healer.stop()
        self.watch.stop()
        self.engines.stop()
        self.poller.stop()
        self.hooks.stop()
        self.handruns.stop()
        self.worker.stop()
        self._registry.close()
        self._tell("server.stop")
        self.trail.stop()
        self.database.close()
        with suppress(OSError):
            # Of this process, and empty unless something in it hangs; then the next start ends it.
            (self.settings.var_dir / "runs" / this_process()).rmdir()

    def _tell(self, action: str) -> None:
        # A command that starts all this for itself is known by what it asks for.
        if self._watches_engines:
            self.trail.tell(action, this_process(), after={"version": __version__, "auth": self.settings.auth})

    def read_servers(self) -> tuple[Server, ...]:
        """The servers as the inventory has them now."""
        return self.servers.reconcile(self._read_hosts(), self.clock())

    def _read_hosts(self) -> tuple[InventoryHost, ...]:
        return read_inventory(self.settings.inventory_path, home=self.settings.home)

    def _read_again(self) -> None:
        self.read_servers()
        self.engines.inventory_was_read()

    def _make_directories(self) -> None:
        try:
            self.settings.var_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise ConfigError("VAR_UNUSABLE", path=self.settings.var_dir, problem=exc.strerror) from exc

    def _make_worker(self, runner: Runner, limits: PullLimits, *, takes_all: bool) -> Worker:
        settings = self.settings
        return Worker(records=self.records, images=self.images, repositories=self.repositories, runner=runner,
                      hub=self.hub, clock=self.clock, owner=this_process(), workers=settings.workers, limits=limits,
                      lang=settings.language, takes_all=takes_all, vault=self.vault,
                      patience=HealthLimits(settle=settings.settle_time, timeout=settings.health_timeout),
                      logins=self.credentials.logins)

    def _pull_limits(self) -> PullLimits:
        settings = self.settings
        return PullLimits(idle_timeout=settings.pull_idle_timeout, timeout=settings.pull_timeout,
                          connect_timeout=settings.connect_timeout, plain_http=settings.plain_http_registries,
                          networks=settings.networks)

    def _run_limits(self) -> RunLimits:
        settings = self.settings
        return RunLimits(home=settings.home, runs=settings.var_dir / "runs", owner=this_process(),
                         inventory=settings.inventory_path, forks=settings.forks,
                         idle_timeout=settings.idle_timeout, job_timeout=settings.job_timeout)
