"""Liveness, readiness and metrics."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.waiting import until


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
async def test_a_server_that_cannot_store_messages_wants_no_traffic_until_it_can(
    start_site: StartSite, tmp_path: Path
) -> None:
    """Checked in each call: the file was moved, and nothing has been published since."""
    site = await start_site(log={"path": str(tmp_path / "ready.db")})
    file, away = tmp_path / "ready.db", tmp_path / "away.db"
    await site.say("m")
    file.rename(away)
    assert (await site.post("/topics/demo", "lost")).status == 503
    assert {"eyewall_log_writable 0.0", "eyewall_failed_publishes_total 1.0"} <= await figures(site)
    answer = await site.get("/readyz")
    assert (answer.status, answer.json["status"]) == (503, "unavailable")
    assert answer.json["reason"].startswith("ready.db was removed, moved or replaced while the server runs")
    assert (await site.get("/healthz")).status == 200
    away.rename(file)
    await until(lambda: site.wall.log.health() is None)
    assert (await site.get("/readyz")).json == {"status": "ready"}
    assert {"eyewall_log_writable 1.0", "eyewall_failed_publishes_total 1.0"} <= await figures(site)


async def figures(site: Site) -> set[str]:
    return set((await site.get("/metrics")).body.decode().split("\n"))


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
