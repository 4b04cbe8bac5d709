// The other two ways to see the cases: a dense sheet of pictures grouped by reason, and a list for
// paper by college and class. Both show what the filters leave.
function viewing(config, make, pictureOf) {
  const t = config.words;

  function reasonOf(c) {
    const code = (c.reasons[0] || [])[0];
    if (code) return config.reasons[code] || code;
    return c.decision === "ACCEPT" ? t.accepted_group : config.decisions[c.decision];
  }

  function grouped(cases, keyOf) {
    const groups = new Map();
    cases.forEach((c) => {
      const key = keyOf(c);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(c);
    });
    return groups;
  }

  function thumbnail(jpeg, missing) {
    if (!jpeg) return make("div", "frame", missing);
    const img = make("img");
    img.src = "data:image/jpeg;base64," + jpeg;
    img.alt = "";
    img.decoding = "async";
    return make("div", "frame", img);
  }

  // A cell is a button: it opens the case in detail.
  function cell(c, open) {
    const pictures = pictureOf(c);
    const kind = c.reference || (c.scores.find(([slot]) => pictures[slot]) || [])[0];
    const pair = make("div", "pair", thumbnail(pictures.photo, "–"), kind ? thumbnail(pictures[kind], "–") : "");
    const line = c.reasons.length ? c.reasons[0][1] : c.like ? t.looks_like + c.like : "";
    const box = make("button", "cell " + c.decision, pair,
      make("b", "", config.symbols[c.decision] + " " + (c.name || c.id || t.nobody)), make("span", "", line));
    box.type = "button";
    box.title = line;
    box.addEventListener("click", () => open(c));
    return box;
  }

  // Group heads and cells in order, to be taken a chunk at a time.
  function* sheet(cases, open) {
    for (const [label, among] of grouped(cases, reasonOf)) {
      yield () => make("h2", "group", `${label} (${among.length})`);
      for (const c of among) yield () => cell(c, open);
    }
  }

  function row(c) {
    const why = [...new Set(c.reasons.map(([code]) => config.reasons[code] || code))].join(config.comma);
    return make("tr", "", make("td", "", c.name || t.nobody), make("td", "", c.id || c.photo || ""),
      make("td", "", config.symbols[c.decision] + " " + (why || config.decisions[c.decision])));
  }

  // Who has something to be done about, by college and class; accepted students are not listed.
  function paper(cases) {
    const due = cases.filter((c) => c.decision !== "ACCEPT");
    const place = (c) => [c.college || t.no_place, c.class].filter(Boolean).join(" · ");
    const tables = [...grouped(due, place)].sort(([a], [b]) => a.localeCompare(b)).map(([label, among]) =>
      make("table", "", make("caption", "", `${label} (${among.length})`), make("tbody", "", ...among.map(row))));
    return [make("h2", "", t.paper_title), ...tables];
  }

  return { sheet, paper };
}
