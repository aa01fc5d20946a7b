"""All apps of one server, one after the other: each says how it ended; after a failure nothing more is begun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from softops.apporders import AppOrder
from softops.appwork import AppWork, Done, Place
from softops.deploying import Deployment
from softops.errors import RunFailed, SoftopsError
from softops.masking import Masker
from softops.narration import AppResult, Narrator
from softops.operating import Operation


def settle_apps(orders: Sequence[AppOrder], place: Place | None, narrator: Callable[[str], Narrator],
                cancelled: Callable[[], bool], *, broken: SoftopsError | None = None) -> dict[str, Any]:
    """Work through the orders; what belongs into the task's result. `broken`: why nothing can be done at all."""
    results: list[AppResult] = []
    sentences: list[str] = []
    diffs: list[Any] = []
    failed: AppResult | None = None
    for order in orders:
        voice = narrator(order.name)
        try:
            if failed is not None and broken is None and failed.outcome == "failed":
                raise RunFailed("REQUIRED_FAILED", software=failed.software)
            done = _work(order, place, voice, cancelled, broken)
            result = AppResult(software=order.name, outcome="success", reason=done.reason, code=200,
                               digest=done.digest, changed=done.changed)
            diffs += done.diff
        except SoftopsError as exc:
            result = _failed(order, exc)
            sentences.append(f"{order.name}: {Masker(order.secrets).text(exc.text('en'))}")
            failed = failed or result
        voice.result(result)
        results.append(result)
    return _result(results, failed, sentences, diffs)


def _work(order: AppOrder, place: Place | None, narrator: Narrator, cancelled: Callable[[], bool],
          broken: SoftopsError | None) -> Done:
    if place is None:
        raise broken or RunFailed("NOTHING_DONE")
    kind: type[AppWork] = Deployment if order.action == "run" else Operation
    return kind(order, place, narrator, cancelled).run()


def _failed(order: AppOrder, error: SoftopsError) -> AppResult:
    masker = Masker(order.secrets)
    params = {key: one if isinstance(one, str | int | float | bool) or one is None else str(one)
              for key, one in error.params.items()}
    return AppResult(software=order.name, outcome="cancelled" if error.reason == "CANCELLED" else "failed",
                     reason=error.reason, code=error.code, params=masker.params(params),
                     log=masker.log(getattr(error, "log", "")))


def _result(results: Sequence[AppResult], failed: AppResult | None, sentences: Sequence[str],
            diffs: Sequence[Any]) -> dict[str, Any]:
    told = failed or results[-1]
    said = {"reason": told.reason, "code": told.code, "params": dict(told.params), "digest": told.digest,
            "apps": [one.told for one in results]}
    result: dict[str, Any] = {"changed": any(one.changed for one in results), "softops": said}
    if diffs:
        result["diff"] = list(diffs)
    return result | ({"failed": True, "msg": "\n".join(sentences)} if failed else {})
