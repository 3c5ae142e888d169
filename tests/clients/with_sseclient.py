"""PyPI's `sseclient-py` over `requests`: prints each message of the stream at the given address as a line of JSON."""

import json
import sys

import requests
from sseclient import SSEClient

answer = requests.get(sys.argv[1], stream=True, timeout=(20, None))
print('{"open":true}', flush=True)  # for the test that started this
# Not by the 128 bytes that requests would choose: this client glues its pieces together one by one.
for event in SSEClient(answer.iter_content(1 << 16)).events():
    if event.event == "message":
        print(json.dumps({"id": event.id, "data": event.data}), flush=True)  # as above
