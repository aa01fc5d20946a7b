"""What a sync did, as a value and as the JSON that is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from softops import __version__
from softops.errors import SoftopsError
from softops.plan import SyncPlan
from softops.problems import Problem, printable
from softops.statuses import RepositoryStatus
from softops.texts import render

CAMEL = {"problem_count": "problemCount", "retired_installed": "retiredInstalled"}
"""Names that are written differently in JSON."""
KEPT_PROBLEMS = 1000
"""Problems that a report lists; more than anybody mends from one list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Something in a file of the catalog that somebody should mend."""

    file: str
    line: int
    column: int
    en: str
    zh: str
    warning: bool

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """The problem with its sentences, without its place."""
        en, zh = (printable(render(problem.reason, lang, problem.params)) for lang in ("en", "zh"))
        return cls(file=printable(problem.path), line=problem.line, column=problem.column, en=en, zh=zh,
                   warning=problem.warning)


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncReport:
    """How a sync ended; counts are versions of software."""

    repository: str
    """Its name."""
    status: RepositoryStatus = RepositoryStatus.NEVER
    commit: str | None = None
    """The commit that was read."""
    added: int = 0
    """New, or back after having left git."""
    changed: int = 0
    retired: int = 0
    """Left git; while `waiting`: would leave."""
    retired_installed: int = 0
    """How many of the retired are on a server; they stay there."""
    moved: bool = False
    """Whether the repository was changed to another place since the sync before."""
    unchanged: int = 0
    kept: int = 0
    """In use as before because their file can't be used now."""
    before: int = 0
    """In use before the sync."""
    waiting: bool = False
    """Whether nothing was changed because a confirmation is needed."""
    problems: tuple[Refusal, ...] = ()
    problem_count: int = 0
    """All problems, also those that are not listed."""
    error: Mapping[str, str] | None = None
    """Why the repository could not be read, by language."""
    seconds: float = 0.0
    softops: str = field(default=__version__)
    """The version of softops that read the files; another one may judge them differently."""

    @property
    def refuses(self) -> bool:
        """Whether a file could not be used."""
        return any(not problem.warning for problem in self.problems)

    @property
    def in_use(self) -> int:
        """Versions in use after the sync."""
        return self.before if self.waiting else self.added + self.changed + self.unchanged + self.kept

    def counting(self, plan: SyncPlan, commit: str, problems: tuple[Problem, ...]) -> SyncReport:
        """This report for a plan that is made, but not yet carried out."""
        # Errors first: when there are too many to list, warnings are what is left out.
        listed = sorted(problems, key=lambda problem: problem.warning)[:KEPT_PROBLEMS]
        return replace(
            self, commit=commit, added=len(plan.added) + len(plan.revived), changed=len(plan.changed),
            retired=len(plan.retired), unchanged=len(plan.unchanged), kept=len(plan.kept),
            before=len(plan.changed) + len(plan.retired) + len(plan.unchanged) + len(plan.kept),
            problems=tuple(Refusal.of(problem) for problem in listed), problem_count=len(problems))

    def again(self) -> SyncReport:
        """This report for the same commit once more: nothing is new in it."""
        if self.waiting:
            return replace(self, status=RepositoryStatus.WAITING, error=None)
        return replace(self, status=self.settled, added=0, changed=0, retired=0, retired_installed=0,
                       moved=False, unchanged=self.in_use - self.kept, before=self.in_use, error=None)

    @property
    def settled(self) -> RepositoryStatus:
        """The status of a repository whose commit is in use."""
        return RepositoryStatus.PARTIAL if self.refuses else RepositoryStatus.OK

    def failed(self, exc: SoftopsError) -> SyncReport:
        """This report with the reason why a later commit could not be read."""
        return replace(self, status=RepositoryStatus.FAILED, error={"en": exc.text("en"), "zh": exc.text("zh")})

    def as_json(self) -> dict[str, Any]:
        """The report for storing and for answers."""
        written: dict[str, Any] = asdict(self) | {"status": self.status.value,
                                                  "problems": [asdict(problem) for problem in self.problems]}
        return {CAMEL.get(key, key): value for key, value in written.items()}

    @classmethod
    def from_json(cls, repository: str, data: Mapping[str, Any]) -> Self:
        """The report that `as_json` wrote; an empty one for a repository that was never synced."""
        named = {CAMEL.get(one.name, one.name): one.name for one in fields(cls)}
        values = {named[key]: value for key, value in data.items() if key in named} | {"repository": repository}
        values["status"] = RepositoryStatus(data.get("status", RepositoryStatus.NEVER))
        values["problems"] = tuple(Refusal(**problem) for problem in data.get("problems", ()))
        return cls(**values)
