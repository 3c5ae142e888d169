"""For those who operate the server."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.handlers.site import Site


@pytest.mark.gen_test
async def test_a_server_that_answers_is_healthy(site: Site) -> None:
    answer = await site.get("/healthz")
    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.gen_test
async def test_a_server_that_drains_wants_no_more_traffic(site: Site) -> None:
    assert (await site.get("/readyz")).json == {"status": "ready"}
    site.wall.ready = False
    answer = await site.get("/readyz")
    assert (answer.status, answer.json) == (503, {"status": "draining"})


@pytest.mark.gen_test
async def test_the_figures_are_those_of_now(site: Site) -> None:
    await site.open_stream()
    await site.open_stream("/events?topic=a")
    await site.say("one", "two")
    answer = await site.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.body.decode())
    figures = {sample.name: sample.value for family in families for sample in family.samples}
    expected = {
        "eyewall_connections": 2,
        "eyewall_connections_peak": 2,
        "eyewall_catching_up": 0,
        "eyewall_filters": 2,
        "eyewall_groups": 2,
        "eyewall_messages_total": 2,
        "eyewall_messages_kept": 2,
    }
    assert {name: figures[name] for name in expected} == expected
    assert figures["process_open_fds"] > 0
