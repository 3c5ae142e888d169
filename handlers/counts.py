"""GET /counts: how many messages there are, by time, level and topic. GET /fields: which fields they have."""

import re
from typing import Final

from handlers.bounded import BoundedAnswer
from handlers.params import FILTER, Arguments, parse_filter, read_names, read_span
from hub.counts.count import Counting
from hub.counts.fields import Fields
from hub.errors import InvalidInput
from hub.search.find import SearchRange

PARAMETERS: Final = (*FILTER, "since", "until")
_STEP: Final = re.compile("([1-9][0-9]{0,7})([smhd]?)")
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class CountsHandler(BoundedAnswer):
    """GET /counts. Parameters: `topic` (globs, repeatable), `level`, `q`, `since`, `until`, `step`."""

    async def get(self) -> None:
        self.check_site()
        arguments = read_names(self.request.query_arguments, (*PARAMETERS, "step"))
        search = SearchRange(parse_filter(arguments), span=read_span(arguments))
        await self.answer(Counting(search, self._step(arguments), self.history.limits.bounds))

    def _step(self, arguments: Arguments) -> int:
        """Return the seconds of a step; 0 if the query has none."""
        if "step" not in arguments:
            return 0
        text = self.get_query_argument("step")
        found = _STEP.fullmatch(text)
        if found is None:
            hint = "use 30, 30s, 5m, 1h or 1d; the answer names the step that was used"
            raise InvalidInput("step", f"invalid duration {text[:32]!r}", hint=hint)
        return int(found[1]) * _SECONDS[found[2]]


class FieldsHandler(BoundedAnswer):
    """GET /fields. Parameters: `topic` (globs, repeatable), `level`, `q`, `since`, `until`."""

    async def get(self) -> None:
        self.check_site()
        arguments = read_names(self.request.query_arguments, PARAMETERS)
        search = SearchRange(parse_filter(arguments), span=read_span(arguments))
        await self.answer(Fields(search, self.history.limits.bounds))
