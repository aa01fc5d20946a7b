"""All apps of one server, one after the other: each says how it ended; what needs a failed one is not begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from softops.apporders import AppOrder
from softops.appwork import AppWork, Place
from softops.deploying import Deployment
from softops.errors import RunFailed, SoftopsError
from softops.masking import Masker
from softops.narration import AppResult, Narrator
from softops.operating import Operation
from softops.requirements import required_by
from softops.returning import Return


def settle_apps(orders: Sequence[AppOrder], place: Place, narrator: Callable[[str], Narrator],
                cancelled: Callable[[str], Callable[[], bool]]) -> dict[str, Any]:
    """Work through the orders; what belongs into the task's result. `cancelled` makes what says of a software whether
    somebody has cancelled it."""
    results: list[AppResult] = []
    sentences: list[str] = []
    diffs: list[Any] = []
    for order in orders:
        voice = narrator(order.name)
        work = _work(order, place, voice, cancelled(order.name))
        try:
            _require(order, results)
            done = work.run()
            result = AppResult(software=order.name, outcome="success", reason=done.reason, code=200,
                               digest=done.digest, changed=done.changed)
            diffs += done.diff
        except SoftopsError as exc:
            result = _failed(order, exc, touched=work.touched)
            sentences.append(f"{order.name}: {Masker(order.secrets).text(exc.text('en'))}")
        voice.result(result)
        results.append(result)
    return _result(results, sentences) | ({"diff": diffs} if diffs else {})


def broken_apps(orders: Sequence[AppOrder], error: SoftopsError, narrator: Callable[[str], Narrator]) -> dict[str, Any]:
    """Let every order end with `error`, because the server can't be worked with at all."""
    results = [_failed(order, error, touched=False) for order in orders]
    for result in results:
        narrator(result.software).result(result)
    return _result(results, [error.text("en")])


def _require(order: AppOrder, results: Sequence[AppResult]) -> None:
    """RunFailed when something that the app needs has failed before; others are no matter to it."""
    needed = set(required_by(order.main.entry)) if order.action == "run" else set()
    failed = next((one for one in results if one.outcome != "success" and one.software in needed), None)
    if failed is not None:
        raise RunFailed("REQUIRED_FAILED", software=failed.software)


def _work(order: AppOrder, place: Place, narrator: Narrator, cancelled: Callable[[], bool]) -> AppWork:
    kinds: Mapping[str, type[AppWork]] = {"run": Deployment, "back": Return}
    kind = kinds.get(order.action, Operation)
    return kind(order, place, narrator, cancelled)


def _failed(order: AppOrder, error: SoftopsError, *, touched: bool) -> AppResult:
    masker = Masker(order.secrets)
    params = {key: one if isinstance(one, str | int | float | bool) or one is None else str(one)
              for key, one in error.params.items()}
    return AppResult(software=order.name, outcome="cancelled" if error.reason == "CANCELLED" else "failed",
                     reason=error.reason, code=error.code, params=masker.params(params), changed=touched,
                     log=masker.log(getattr(error, "log", "")))


def _result(results: Sequence[AppResult], sentences: Sequence[str]) -> dict[str, Any]:
    failed = next((one for one in results if one.outcome != "success"), None)
    told = failed or results[-1]
    said = {"reason": told.reason, "code": told.code, "params": dict(told.params), "digest": told.digest,
            "apps": [one.told for one in results]}
    result: dict[str, Any] = {"changed": any(one.changed for one in results), "softops": said}
    return result | ({"failed": True, "msg": "\n".join(sentences)} if failed else {})
