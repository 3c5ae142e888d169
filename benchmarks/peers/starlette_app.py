"""Server-Sent Events by sse-starlette as its own examples write it: a queue for each reader.

Run by uvicorn in an environment of its own (starlette.txt), never in the project's.
"""

import asyncio
from collections.abc import AsyncIterator

from sse_starlette.sse import EventSourceResponse  # type: ignore[import-not-found]  # of the other environment
from starlette.applications import Starlette  # type: ignore[import-not-found]  # of the other environment
from starlette.requests import Request  # type: ignore[import-not-found]  # of the other environment
from starlette.responses import JSONResponse  # type: ignore[import-not-found]  # of the other environment
from starlette.routing import Route  # type: ignore[import-not-found]  # of the other environment

queues: set[asyncio.Queue[str]] = set()


async def events(_request: Request) -> EventSourceResponse:
    queue: asyncio.Queue[str] = asyncio.Queue()

    async def messages() -> AsyncIterator[dict[str, str]]:
        queues.add(queue)
        try:
            while True:
                yield {"data": await queue.get()}
        finally:
            queues.discard(queue)

    return EventSourceResponse(messages())


async def publish(request: Request) -> JSONResponse:
    message = (await request.body()).decode()
    for queue in queues:
        queue.put_nowait(message)
    return JSONResponse({"status": "ok"}, 201)


app = Starlette(routes=[Route("/events", events), Route("/publish", publish, methods=["POST"])])
