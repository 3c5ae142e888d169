"""The scenarios: every figure that is aimed at, with the settings it is measured at."""

from dataclasses import dataclass
from typing import Final

from benchmarks.figures import (
    ACK50,
    ACK99,
    BEST,
    BEST_P99,
    CAUGHT_UP,
    CONNECTS,
    CORE,
    CPU,
    CPU_PUBLISH,
    GENERATOR,
    LOOP,
    MEMORY,
    P50,
    P99,
    PUBLISHED,
    RETURNS,
)
from benchmarks.peer import EYEWALL, IN_MEMORY, NCHAN, NODE, SENDER, STARLETTE, TORNADO
from benchmarks.running import Result, Running
from benchmarks.scenario import Aim, Figure, Play, Scenario, Trial, play, ratio, rows, value

HISTORY: Final = 100_000


@dataclass(frozen=True)
class Effort:
    """How long, and how often. After `patience_seconds` no run is repeated because it was disturbed."""

    rounds: int
    seconds: float
    is_quick: bool
    patience_seconds: float


FULL: Final = Effort(3, 3, is_quick=False, patience_seconds=300)
QUICK: Final = Effort(1, 2.5, is_quick=True, patience_seconds=30)


def scenarios(effort: Effort) -> list[Scenario]:
    """In the order of their letters; a quick look leaves out what takes long."""
    found = [fan_out_to_1000(effort), highest_rate(effort), fan_out_to_10000(effort), idle_memory(effort)]
    found += [publish(effort), herd(effort), filters(effort)]
    if effort.is_quick:
        return [*found, durable(effort)]
    return [*found, stalled(effort), heartbeats(), durable(effort), replay()]


def fan_out_to_1000(effort: Effort) -> Scenario:
    run = play("fan-out", readers=1000, publishing="post", publishers=4, rate=50, warm_up=1, seconds=effort.seconds)
    trials = rows(run, EYEWALL, IN_MEMORY, NCHAN, SENDER)
    if not effort.is_quick:
        trials += rows(run, NODE, TORNADO, STARLETTE, once=True)
    aims = [
        Aim("CPU per delivery at most 0.85 of nchan's", ratio(CPU, EYEWALL.name, NCHAN.name), 0.85),
        Aim("p99 at most nchan's, in memory as nchan is", ratio(P99, IN_MEMORY.name, NCHAN.name), 1.0),
    ]
    return Scenario("A", "1,000 readers, 50 messages/s of 150 bytes", [CPU, P50, P99], trials, aims)


def highest_rate(effort: Effort) -> Scenario:
    def run(publishing: str, publishers: int, rate: float, factor: float) -> Play:
        return play(
            "search",
            readers=1000,
            publishing=publishing,
            publishers=publishers,
            rate=rate,
            factor=factor,
            warm_up=0.3,
            seconds=1.2,
        )

    put, post = "Eyewall, one PUT stream", "Eyewall, 16 publishers' POSTs"
    trials = [Trial(put, EYEWALL, run("put", 1, 1500, 1.8)), Trial(post, EYEWALL, run("post", 16, 600, 1.3))]
    trials += rows(run("post", 4, 45, 1.2), NCHAN)
    if not effort.is_quick:
        trials += rows(run("post", 4, 80, 1.2), SENDER, once=True)
    aims = [Aim("at least 15 times nchan's", ratio(BEST, put, NCHAN.name), 15, at_least=True)]
    title = "1,000 readers, highest rate with p99 under 250 ms and nothing lost"
    return Scenario("B", title, [BEST, BEST_P99, CORE, GENERATOR], trials, aims, may_lose=True)


def fan_out_to_10000(effort: Effort) -> Scenario:
    run = play(
        "fan-out", readers=10_000, publishing="post", publishers=4, rate=5, warm_up=1, seconds=effort.seconds + 0.2
    )
    trials = rows(run, EYEWALL, IN_MEMORY, NCHAN, SENDER)
    if not effort.is_quick:
        trials += rows(run, NODE, once=True)
    aims = [
        Aim("CPU per delivery at most 0.9 of nchan's", ratio(CPU, EYEWALL.name, NCHAN.name), 0.9),
        Aim("p99 at most nchan's, in memory as nchan is", ratio(P99, IN_MEMORY.name, NCHAN.name), 1.0),
    ]
    return Scenario("C", "10,000 readers, 5 messages/s of 150 bytes", [CPU, P50, P99], trials, aims)


def idle_memory(effort: Effort) -> Scenario:
    run = play("fan-out", readers=10_000, seconds=0.1)
    trials = rows(run, EYEWALL, NCHAN)
    if not effort.is_quick:
        trials += rows(run, SENDER, NODE, TORNADO, STARLETTE, once=True)
    aims = [Aim("at most 1/6 of nchan's", ratio(MEMORY, EYEWALL.name, NCHAN.name), 1 / 6)]
    return Scenario("D", "10,000 idle readers, resident memory", [MEMORY], trials, aims)


def publish(effort: Effort) -> Scenario:
    post = play("fan-out", readers=1, publishing="post", publishers=16, rate=0, seconds=effort.seconds)
    more = play("fan-out", readers=1, publishing="post", publishers=64, rate=0, seconds=effort.seconds)
    lines = play("fan-out", readers=1, publishing="put", rate=0, seconds=effort.seconds)
    single, put = "Eyewall, single POSTs", "Eyewall, one PUT stream"
    trials = [Trial(single, EYEWALL, post), Trial("Eyewall, single POSTs of 64 publishers", EYEWALL, more)]
    trials += [Trial(put, EYEWALL, lines), *rows(post, NCHAN)]
    if not effort.is_quick:
        trials += rows(post, NODE, TORNADO, STARLETTE, once=True)
    aims = [
        Aim("at least 8,000 durable single POSTs/s", value(PUBLISHED, single), 8_000, at_least=True),
        Aim("at least 60,000 messages/s by PUT", value(PUBLISHED, put), 60_000, at_least=True),
    ]
    return Scenario(
        "E", "16 publishers on keep-alive connections, 1 reader", [PUBLISHED, ACK50, ACK99, CPU_PUBLISH], trials, aims
    )


def herd(effort: Effort) -> Scenario:
    def run(readers: int) -> Play:
        return play("come-back", readers=readers, publishing="post", rate=20, warm_up=0.5, seconds=1)

    trials = rows(run(5000), EYEWALL, NCHAN, NODE)
    many = "Eyewall, 10,000 readers"
    trials.append(Trial(many, EYEWALL, run(10_000), once=True))
    if not effort.is_quick:
        trials += rows(run(5000), SENDER, TORNADO, STARLETTE, once=True)
    aims = [
        Aim("at least the Node server's connects/s", ratio(CONNECTS, EYEWALL.name, NODE.name), 1, at_least=True),
        Aim("10,000 are back, with what they missed, in 5 s", value(CAUGHT_UP, many), 5),
    ]
    title = "5,000 readers connect in one instant, are cut, miss 20 messages, and come back in one instant"
    return Scenario("F", title, [CONNECTS, RETURNS, CAUGHT_UP], trials, aims, NODE.name, may_lose=True)


def filters(effort: Effort) -> Scenario:
    # 500 messages, a tenth of which matches each filter, cause as many deliveries as 50 that all filters match. Ten
    # to a request, so that both are published in as many requests; 11 apart, so that few go in one send.
    many = play(
        "fan-out",
        readers=1000,
        series=100,
        filters=100,
        window=10,
        stride=11,
        publishing="batch",
        batch=10,
        publish="/messages",
        rate=500,
        warm_up=1,
        seconds=effort.seconds,
    )
    one = play("fan-out", readers=1000, publishing="post", publishers=4, rate=50, warm_up=1, seconds=effort.seconds)
    names = "100 filters of 10 topics, 500 messages/s", "no filter, 50 messages/s"
    trials = [Trial(names[0], EYEWALL, many), Trial(names[1], EYEWALL, one)]
    aims = [Aim("CPU per delivery at most 1.5 of that without filters", ratio(CPU, *names), 1.5)]
    return Scenario("G", "1,000 readers with 100 different filters", [CPU, P50, P99], trials, aims, names[1])


def stalled(effort: Effort) -> Scenario:
    def run(readers: int, stalled: int) -> Play:
        return play(
            "fan-out",
            readers=readers,
            stalled=stalled,
            publishing="post",
            publishers=4,
            rate=50,
            size=2000,
            warm_up=3,
            seconds=effort.seconds + 3,
        )

    names = "500 healthy, 500 that read nothing", "500 healthy alone"
    trials = [Trial(names[0], EYEWALL, run(1000, 500)), Trial(names[1], EYEWALL, run(500, 0))]
    aims = [Aim("p99 at most 1.2 of that without them", ratio(P99, *names), 1.2)]
    title = "half of 1,000 readers read nothing; 50 messages/s of 2,000 bytes; figures of the healthy ones"
    return Scenario("H", title, [P50, P99, CPU], trials, aims, names[1])


def heartbeats() -> Scenario:
    # Two beats, 15 s apart, are in any 30 s.
    trials = rows(play("fan-out", readers=10_000, seconds=30), EYEWALL, once=True)
    aims = [Aim("at most 3 % of a core", value(CORE, EYEWALL.name), 3)]
    return Scenario("I", "10,000 readers, only heartbeats, for 30 s", [CORE], trials, aims)


def durable(effort: Effort) -> Scenario:
    def row(name: str, **options: object) -> Trial:
        return Trial(
            name, EYEWALL, play("fan-out", readers=1, probe_ms=10, seconds=effort.seconds, **options), once=True
        )

    batches, put, calm = "batches of 100, 4 publishers", "one PUT stream", "single POSTs, 500/s on schedule"
    trials = [
        row("single POSTs, 1 publisher", publishing="post", rate=0),
        row("single POSTs, 16 publishers", publishing="post", publishers=16, rate=0),
        row("single POSTs, 64 publishers", publishing="post", publishers=64, rate=0),
        row(batches, publishing="batch", publishers=4, publish="/messages", rate=0),
        row(put, publishing="put", rate=0),
        row(calm, publishing="post", publishers=16, rate=500),
    ]
    aims = [
        Aim("at least 50,000 messages/s in batches", value(PUBLISHED, batches), 50_000, at_least=True),
        Aim("at least 50,000 messages/s by PUT", value(PUBLISHED, put), 50_000, at_least=True),
        Aim("single POSTs acknowledged in at most 15 ms (p99) at 500/s", value(ACK99, calm), 15),
        Aim("loop lag p99 at most 20 ms in all of them", lambda rows: max(LOOP.of(row) for row in rows.values()), 20),
    ]
    figures = [Figure(PUBLISHED.title, PUBLISHED.of), ACK50, ACK99, LOOP, Figure(CPU_PUBLISH.title, CPU_PUBLISH.of)]
    return Scenario("J", "durable publishing; the loop asked every 10 ms", figures, trials, aims)


def replay() -> Scenario:
    def run(readers: int) -> Play:
        def preload_and_replay(server: Running) -> Result:
            server.load("fan-out", readers=0, publishing="put", rate=0, count=HISTORY, seconds=30)
            events = f"/events?last={HISTORY}"
            return server.load("replay", readers=readers, history=HISTORY, events=events, seconds=90, probe_ms=10)

        return preload_and_replay

    figures = [
        Figure("seconds", lambda r: r["catch_up_seconds"]),
        Figure("deliveries/s", lambda r: r["deliveries"] / r["catch_up_seconds"]),
        LOOP,
        Figure("memory MiB more", lambda r: (r["resident_after"] - r["resident_before"]) / 2**20),
    ]
    names = ["to 1 reader", "to 1,000 readers at once"]
    trials = [Trial(name, EYEWALL, run(count), once=True) for name, count in zip(names, (1, 1000), strict=True)]
    aims = [Aim("loop lag p99 at most 20 ms in both", lambda rows: max(LOOP.of(row) for row in rows.values()), 20)]
    return Scenario("K", f"replay of {HISTORY:,} messages from the log", figures, trials, aims)
