"""What Prometheus reads of a hub: each cohort's cases and last night, counts and seconds alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pipeline import __version__
from pipeline.desk.web.health import Health


class Cohorts(Collector):
    """What a look at each desk finds, when it is asked for.

    Args:
        look: Each cohort that has a desk, and how it is.
    """

    def __init__(self, look: Callable[[], Mapping[str, Health]]) -> None:
        self._look = look

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each number by its name."""
        told = GaugeMetricFamily("photoproof_info", "The program's version.", labels=("version",))
        told.add_metric((__version__,), 1.0)
        yield told
        ok = GaugeMetricFamily("photoproof_ok", "Whether a part is well.", labels=_LABELS["part"])
        cases = GaugeMetricFamily("photoproof_cases", "Cases of a desk.", labels=_LABELS["state"])
        age = GaugeMetricFamily(
            "photoproof_night_age_seconds", "Since the last good night's end.", labels=("cohort",)
        )
        students = GaugeMetricFamily(
            "photoproof_night_students", "In its roster.", labels=("cohort",)
        )
        for cohort, found in self._look().items():
            for part, well in found.parts.items():
                ok.add_metric((cohort, part), float(well))
            for state, count in found.cases.items():
                cases.add_metric((cohort, state), float(count))
            if found.night is not None and found.age is not None:
                age.add_metric((cohort,), found.age)
                students.add_metric((cohort,), float(found.night.students))
        yield from (ok, cases, age, students)


_LABELS = {"part": ("cohort", "part"), "state": ("cohort", "state")}
