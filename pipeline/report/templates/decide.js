"use strict";
// Decisions made on this page, for those who cannot reach the desk: kept in the page until they are
// saved to a file, which `photoproof import decisions` reads. The machine's answer stands beside
// them, and the file says which it was.
function deciding(config, make) {
  const t = config.words, made = new Map(), bar = document.getElementById("decided");
  let unsaved = false;

  function tell(words) {
    bar.hidden = made.size === 0;
    bar.querySelector("b").textContent = words || t.decided.replace("{count}", made.size);
  }

  function choice(label, entries, chosen) {
    const select = make("select");
    select.append(...entries.map(([value, text]) => new Option(text, value)));
    select.value = chosen;
    return [make("label", "", make("span", "", label), select), select];
  }

  // The fields under one card; a card may be drawn again and again.
  function fields(c) {
    const before = made.get(c.id) || { verdict: "", measure: "", comment: "" };
    const [first, verdict] = choice(t.your_decision, [["", t.undecided], ...Object.entries(config.verdicts)], before.verdict);
    const [second, measure] = choice(t.measure, [["", t.usual], ...Object.entries(config.measures)], before.measure);
    const comment = make("input");
    comment.maxLength = 2000;
    comment.value = before.comment;
    const box = make("div", "decide", first, second, make("label", "wide", make("span", "", t.comment), comment));
    box.addEventListener("input", () => {
      if (verdict.value) {
        made.set(c.id, {
          student: c.id, photo: c.seen || "", verdict: verdict.value, measure: measure.value, comment: comment.value.trim(),
          machine: c.decision, codes: [...new Set(c.reasons.map(([code]) => code))], at: new Date().toISOString(),
        });
      } else made.delete(c.id);
      unsaved = made.size > 0;
      tell();
    });
    return [box];
  }

  bar.querySelector("button").addEventListener("click", () => {
    const now = new Date().toISOString();
    const file = { photoproof: "decisions", version: 1, run: config.run, saved: now, decisions: [...made.values()] };
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file, null, 1)], { type: "application/json" }));
    link.download = `decisions-${now.slice(0, 19).replaceAll(":", "")}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
    unsaved = false;
    tell(t.saved);
  });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  return fields;
}
