"""Endpoints about software: what there is, and bringing it to servers."""

from __future__ import annotations

from typing import Any

from anyio import to_thread

from softops.entities import Job, Server, SoftImage
from softops.rights import Right
from softops.statuses import ImageStatus, RecordStatus
from softops.waves import strategy_of
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import InstallBody, PullQuery, SoftwareQuery
from softops.web.permits import permit
from softops.web.schemas import JobDetail, PageOf, Software, SoftwareDetail
from softops.web.views import job_view, page_view, software_detail, software_view
from softops.web.waiting import failure_code, failure_text, wait_for

API = "/api/system/soft"


def page(call: Call[SoftwareQuery, None]) -> Answer:
    """A page of the software, by name and version."""
    query = call.query
    found = call.service.images.page(page=query.page, size=query.size, name=query.name, status=query.status)
    return Answer(data=page_view(found, lambda image: software_view(image, call.lang)))


def detail(call: Call[None, None]) -> Answer:
    """One software version with its catalog entry."""
    return Answer(data=software_detail(call.service.images.get(call.id), call.lang))


def sync(call: Call[None, None]) -> Answer:
    """Refresh one entry from its repository, and its digest and size from the registry. 404 when either does
    not have it any more; the table says so then."""
    image = call.service.syncer.refresh(call.id)
    # `data` says in the contract's terms whether it was synced; only an id that nobody knows has none.
    if image.status is ImageStatus.RETIRED:
        return told(call, "SOFTWARE_RETIRED", data=False, code=404, software=image.name, version=image.version)
    if image.status is ImageStatus.UNAVAILABLE:
        return told(call, "IMAGE_UNAVAILABLE", data=False, code=404, image=image.docker_image, software=image.name,
                    version=image.version)
    return told(call, "IMAGE_SYNCED", data=True)


async def pull(call: Call[PullQuery, None]) -> Answer:
    """Pull the image to servers and wait for the end, unless the caller prefers not to."""
    return await pull_again(call, await to_thread.run_sync(_request_pull, call))


async def pull_again(call: Call[PullQuery, None], job: Job) -> Answer:
    """The answer to a pull whose job was made, after its end or when the caller does not prefer to wait any more."""
    if call.prefer.patience != 0:
        job = await wait_for(call, job.id)
    return await to_thread.run_sync(_pull_answer, call, job)


def install(call: Call[None, InstallBody]) -> Answer:
    """Begin to install a software on servers."""
    body = call.body
    job = call.service.installs.request("install", chosen_software(call), chosen_servers(call),
                                        user=call.user(body.user),
                                        parameters=body.parameters,
                                        strategy=strategy_of(body.strategy) if body.strategy is not None else None)
    return accepted(call, job)


def accepted(call: Call[Any, Any], job: Job, headers: dict[str, str] | None = None) -> Answer:
    """202: the job was made and goes on by itself."""
    return told(call, "JOB_ACCEPTED", job_view(call.service, job, call.lang), code=202, job=job.id,
                headers={"Location": f"{API}/job/{job.id}", **(headers or {})})


def _request_pull(call: Call[PullQuery, None]) -> Job:
    query = call.query
    image = call.service.images.get(call.id)
    servers = call.service.servers.choose(ids=query.server_id, names=query.server, groups=query.group)
    permit(call.caller, servers)
    return call.service.installs.request("pull", image, servers, user=call.user(query.user), parameters={})


def _pull_answer(call: Call[PullQuery, None], job: Job) -> Answer:
    headers = {"Preference-Applied": call.prefer.applied} if call.prefer.applied else {}
    if job.status is RecordStatus.SUCCESS:
        return told(call, "PULL_SUCCESS", data=True, headers=headers)
    if job.status is RecordStatus.CANCELLED:
        return told(call, "JOB_CANCELLED", job_view(call.service, job, call.lang), code=409, job=job.id)
    if job.status is RecordStatus.FAILED:
        records = call.service.records.job_records(job.id)
        return Answer(data=job_view(call.service, job, call.lang), message=failure_text(records, call.lang),
                      code=failure_code(records))
    if call.stopping():
        return told(call, "STOPPING", job_view(call.service, job, call.lang), code=503, job=job.id)
    return accepted(call, job, headers)


def chosen_software(call: Call[None, Any]) -> SoftImage:
    """The software that a body names."""
    body = call.body
    if body.soft_id is not None:
        return call.service.images.get(body.soft_id)
    return call.service.images.find(body.name or "", body.version, body.repository)


def chosen_servers(call: Call[None, Any]) -> tuple[Server, ...]:
    """The servers that a body names; Forbidden when one of them is not the caller's."""
    named = call.body.servers or []
    servers = call.service.servers.choose(ids=[key for key in named if isinstance(key, int)],
                                          names=[key for key in named if isinstance(key, str)],
                                          groups=call.body.groups or [])
    permit(call.caller, servers)
    return servers


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/page", summary="List software", handler=page,
             answer=PageOf[Software], query=SoftwareQuery),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/sync/{{softId}}", handler=sync, answer=bool,
             codes=(200, 404), slow=True, summary="Refresh one software from its repository and its registry"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/pull/{{softId}}", handler=pull, answer=bool | JobDetail,
             query=PullQuery, codes=(200, 202, 404, 409, 503, 1001, 1002), again=pull_again,
             summary="Pull an image to servers"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/install", handler=install, answer=JobDetail,
             body=InstallBody, codes=(202, 404, 409), again=accepted, summary="Install a software on servers"),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/{{softId}}", handler=detail, answer=SoftwareDetail,
             codes=(200, 404), summary="Show one software with its catalog entry"),
)
