"""The sheet of failures: the only output of a regression with faces in it."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from jinja2 import Environment

from pipeline.assurance.evaluate.tables import make_folder, write_json, write_text
from pipeline.assurance.regress.judge import Result, told
from pipeline.core.privacy import masked

SHEET = "failures.html"

_TEMPLATE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>photoproof regress</title>
<style>
body { font: 14px sans-serif; margin: 1.5em }
section { display: flex; gap: 1em; margin: 1.5em 0; align-items: start }
img { max-width: 240px; max-height: 240px } th, td { text-align: left; padding: 2px 10px 2px 0 }
</style>
<h1>photoproof regress</h1>
<p>{{ rows }} values, {{ wrong }} wrong; {{ trials }} turns, {{ silent }} silently wrong.</p>
{% for floor in broken %}<p>Floor broken: {{ floor.name }} = {{ floor.needed }},
 found {{ floor.found }}.</p>{% endfor %}
{% for one in failures %}<section>
{% if one.picture %}<img alt="" src="data:image/jpeg;base64,{{ one.picture }}">{% endif %}
<div><h2>{{ one.image }}</h2>
{% if one.rows %}<table><tr><th>measure<th>expected<th>found<th>tolerance<th>why</tr>
{% for row in one.rows %}<tr><td>{{ row.measure }}<td>{{ row.expected or "no value" }}
<td>{{ row.found or "no value: " + row.error }}
<td>{{ "equal" if row.tolerance is none else row.tolerance }}<td>{{ row.why }}</tr>
{% endfor %}</table>{% endif %}
{% for turn in one.turns %}<p>Needs a clockwise turn of {{ turn.expected }}°; told
{{ turn.found }}° with confidence {{ "%.2f" | format(turn.confidence) }}.</p>{% endfor %}
</div></section>{% else %}<p>No failures.</p>{% endfor %}
</html>
""")


def write_sheet(result: Result, out: Path) -> Path:
    """Write `regress.json` and the failures by picture as `failures.html`; the page's path.

    Raises:
        StoreError: If `out` cannot be written.
    """
    make_folder(out)
    write_json(out / "regress.json", result.as_json())
    failures = []
    for image in result.golden.images:
        rows = [outcome.as_json() for outcome in result.wrong if outcome.row.image == image]
        turns = [told(trial) for trial in result.silent_wrong if trial.path == image]
        if rows or turns:
            picture = b64encode(result.thumbnails.get(image, b"")).decode()
            failures.append(
                {"image": masked(image), "picture": picture, "rows": rows, "turns": turns}
            )
    page = _TEMPLATE.render(
        rows=len(result.outcomes),
        wrong=len(result.wrong),
        trials=len(result.trials),
        silent=len(result.silent_wrong),
        broken=result.broken,
        failures=failures,
    )
    write_text(out / SHEET, page)
    return out / SHEET
