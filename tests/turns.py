"""How much is done in one turn of the loop: a count, which is the same on every machine, where a time is not."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest


class Turns:
    """How often a function has been called: `most` in one turn, and `all`. It goes on doing what it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        self.all = self.most = self._now = 0
        self._does: Callable[..., Any] = getattr(owner, name)
        monkeypatch.setattr(owner, name, self._call)

    def _call(self, *arguments: Any, **more: Any) -> Any:
        if self._now == 0:
            asyncio.get_running_loop().call_soon(self._begin)
        self.all += 1
        self._now += 1
        self.most = max(self.most, self._now)
        return self._does(*arguments, **more)

    def _begin(self) -> None:
        self._now = 0
