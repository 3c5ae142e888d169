"""Operations: liveness, readiness, metrics, and the description of the API."""

import asyncio
from collections.abc import Callable, Iterable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from handlers.base import JSON_TYPE, BaseHandler
from hub.files import resource
from hub.hub import Hub
from hub.log.protocol import Log


class HealthHandler(BaseHandler):
    """GET /healthz: the loop turns."""

    def get(self) -> None:
        self.write_json({"status": "ok"})


class ReadyHandler(BaseHandler):
    """GET /readyz: whether this server can be sent traffic; 503 while it drains, or cannot store messages."""

    log: Log
    is_ready: Callable[[], bool]

    def get(self) -> None:
        if not self.is_ready():
            self.write_json({"status": "draining"}, 503)
        elif reason := self.log.health():
            self.write_json({"status": "unavailable", "reason": reason}, 503)
        else:
            self.write_json({"status": "ready"})


class MetricsHandler(BaseHandler):
    """GET /metrics in Prometheus' text format."""

    hub: Hub
    log: Log

    def get(self) -> None:
        metrics = CollectorRegistry(auto_describe=False)
        metrics.register(HubCollector(self.hub, self.log))
        ProcessCollector(registry=metrics)  # Memory, CPU time and open descriptors, under their usual names.
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(generate_latest(metrics))


class HubCollector(Collector):
    """Reads the counts of hub and log at each request."""

    def __init__(self, hub: Hub, log: Log) -> None:
        self._hub = hub
        self._log = log

    def collect(self) -> Iterable[Metric]:
        registry, log = self._hub.registry, self._log
        readers = tuple(registry)
        behind = sum(not reader.is_live for reader in readers)
        yield GaugeMetricFamily("eyewall_connections", "Readers connected now", len(readers))
        yield GaugeMetricFamily("eyewall_connections_peak", "Most readers at once", registry.peak)
        yield GaugeMetricFamily("eyewall_catching_up", "Readers behind the head of the log", behind)
        yield GaugeMetricFamily("eyewall_filters", "Different filters of all readers", len(registry.filters))
        yield GaugeMetricFamily(
            "eyewall_groups", "Groups of live readers that get the same bytes", self._hub.group_count
        )
        yield GaugeMetricFamily("eyewall_tasks", "Coroutines under way, this one's included", len(asyncio.all_tasks()))
        yield GaugeMetricFamily("eyewall_publishing", "Publishes that wait for the log", self._hub.publishing)
        yield CounterMetricFamily("eyewall_messages", "Messages ever in the log", log.head)
        yield GaugeMetricFamily("eyewall_messages_kept", "Messages the log holds", log.head - log.first + 1)


class OpenApiHandler(BaseHandler):
    """GET /openapi.json"""

    def get(self) -> None:
        self.set_header("Content-Type", JSON_TYPE)
        self.finish(resource("handlers/openapi.json").read_bytes())
