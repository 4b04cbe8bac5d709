"""What Prometheus reads: counts and seconds by route, state and decision; nobody in particular."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pipeline import __version__
from pipeline.desk.web.health import Watch

# The text format has no place for them: each would be one more gauge beside its count.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The desk's own registry: nothing that another library counts is in it."""

    def __init__(self, found: Collector) -> None:
        """Tell of requests, and of what is found at the moment."""
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "photoproof_request_seconds",
            "Requests that were answered, and how long that took.",
            ("route", "method", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(found)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            route: The route as it is written, with `{case}` in place of a case; "" where none is.
            method: HTTP's.
            status: HTTP's; its first digit is kept.
            seconds: From its arrival to the end of the answer.
        """
        self._requests.labels(route or "none", method, f"{status // 100}xx").observe(seconds)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)


class Found(Collector):
    """What a look at the desk finds, when it is asked for."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each number by its name."""
        found = self._watch.look()
        yield _by("photoproof_info", "The program's version.", "version", {__version__: 1})
        yield _by("photoproof_ok", "Whether a part is well.", "part", found.parts)
        yield GaugeMetricFamily("photoproof_up_seconds", "Served so far.", found.up)
        if found.free is not None:
            yield GaugeMetricFamily("photoproof_disk_free_bytes", "Left for the run.", found.free)
        yield _by("photoproof_cases", "Cases of the desk.", "state", found.cases)
        if found.night is None or found.age is None:
            return
        night = found.night
        yield GaugeMetricFamily(
            "photoproof_night_age_seconds", "Since the last good night's end.", found.age
        )
        yield GaugeMetricFamily("photoproof_night_seconds", "That it took.", night.seconds)
        yield GaugeMetricFamily("photoproof_night_students", "In its roster.", night.students)
        yield GaugeMetricFamily("photoproof_night_assessed", "Looked at anew.", night.assessed)
        counts = night.counts.decision
        yield _by("photoproof_night_decisions", "What the machine proposes.", "decision", counts)


def _by(name: str, help_: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_, labels=(label,))
    for value, count in values.items():
        family.add_metric((value,), float(count))
    return family
