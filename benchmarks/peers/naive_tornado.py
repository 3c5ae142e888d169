"""Server-Sent Events on Tornado as tutorials write it: a queue and a waiting coroutine for each reader.

python naive_tornado.py PORT
"""

import asyncio
import sys

from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler

queues: set[asyncio.Queue[str]] = set()


class Events(RequestHandler):
    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-cache")
        queue: asyncio.Queue[str] = asyncio.Queue()
        queues.add(queue)
        try:
            await self.flush()
            while True:
                self.write(f"data: {await queue.get()}\n\n")
                await self.flush()
        except StreamClosedError:
            pass
        finally:
            queues.discard(queue)


class Publish(RequestHandler):
    def post(self) -> None:
        message = self.request.body.decode()
        for queue in queues:
            queue.put_nowait(message)
        self.set_status(201)
        self.write({"status": "ok"})


async def main() -> None:
    Application([(r"/events", Events), (r"/publish", Publish)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
