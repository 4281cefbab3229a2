"""A request that is cancelled while its body is sent leaves nothing behind."""

from __future__ import annotations

import gc
import inspect

import anyio

from mwclient_async import HttpOptions, Limits
from mwclient_async._http.httpx_transport import HttpxTransport
from mwclient_async._http.messages import HttpRequest

LARGE = 64 * 1024 * 1024  # bytes; more than a socket buffers if no one reads


async def test_w7_a_body_that_is_cancelled_halfway_leaves_no_unfinished_generator() -> None:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        transport = HttpxTransport(HttpOptions(), Limits())
        request = HttpRequest(method="POST", url=f"http://127.0.0.1:{port}/", headers={}, body=bytes(LARGE))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(transport.send, request)
            started = anyio.Event()

            async def read_a_little(stream: anyio.abc.SocketStream) -> None:
                async with stream:
                    await stream.receive(1000)
                    started.set()
                    await anyio.sleep_forever()

            tasks.start_soon(listener.serve, read_a_little)
            await started.wait()
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        await transport.aclose()
    gc.collect()
    generators = [each for each in gc.get_objects() if inspect.isasyncgen(each)]
    assert [each for each in generators if "httpx" in each.ag_code.co_filename] == []
