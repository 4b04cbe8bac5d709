"""The networks: fetching their weights, and arrays in, arrays out; students are unknown here."""

from __future__ import annotations

import sys

# OpenVINO's import reports itself to its makers through this package unless it is absent, in
# which case it uses its own silent stub. A run opens no connection (tests/night/test_offline.py),
# so the package is made absent before anything here can import OpenVINO.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
