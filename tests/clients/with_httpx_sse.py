"""PyPI's `httpx-sse`: prints each message of the stream at the given address as a line of JSON."""

import json
import sys

import httpx
from httpx_sse import connect_sse

with httpx.Client(timeout=None) as client, connect_sse(client, "GET", sys.argv[1]) as source:  # for ever
    print('{"open":true}', flush=True)  # for the test that started this
    for event in source.iter_sse():
        if event.event == "message":
            print(json.dumps({"id": event.id, "data": event.data}), flush=True)  # as above
