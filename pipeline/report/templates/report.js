"use strict";
// Draws the student cards from the JSON blocks in the page. Data reaches the page as text nodes
// only, never as HTML. What is chosen lives in the URL's hash, so that a view can be kept or sent.
(() => {
  const $ = (id) => document.getElementById(id);
  const parse = (node) => JSON.parse(node.textContent);
  const config = parse($("config"));
  const t = config.words;
  const RANK = { FLAG: 0, REVIEW: 1, ACCEPT: 2 };
  const FIELDS = ["decision", "why", "college", "class", "q", "sort", "view"];
  const ONLY_SEEN = new Set(["view", "sort"]); // they hide nobody
  const CHUNK = 30;
  const BANDS = { above: t.band_above, between: t.band_between, below: t.band_below };

  const cases = Array.from(document.querySelectorAll("script.case"), (node, order) => {
    const c = { reasons: [], advice: [], scores: [], order, ...parse(node) };
    c.text = [c.name, c.id, c.also, c.photo].join(" ").toLowerCase();
    c.score = Math.min(...c.scores.map((s) => (s[2] === null ? Infinity : s[2])), Infinity);
    return c;
  });
  const widest = Math.max(2, ...cases.slice(0, 500).map((c) => 1 + c.scores.length + (c.overlay ? 1 : 0)));
  const form = $("filters"), list = $("cards"), root = document.documentElement;
  const paper = $("paper");
  let shown = [], drawn = 0, cells = null;
  root.style.setProperty("--pictures", Math.min(3, widest));

  function make(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children.filter((child) => child !== undefined && child !== ""));
    return node;
  }

  const decide = deciding(config, make);
  const picturesOf = (c) => {
    const block = $("pictures-" + c.order);
    return block ? parse(block) : {};
  };
  const views = viewing(config, make, picturesOf);

  // --- one card -------------------------------------------------------------------------------

  function frame(jpeg, alt, missing) {
    if (!jpeg) return make("div", "frame", missing);
    const img = make("img");
    img.src = "data:image/jpeg;base64," + jpeg;
    img.alt = alt;
    img.decoding = "async";
    return make("div", "frame", img);
  }

  // The two lines are always at the same places; what lies below is never green.
  function meter(points, band) {
    const bar = make("i");
    bar.style.width = points + "%";
    const marks = config.lines.map((line) => {
      const mark = make("u");
      mark.style.left = line + "%";
      return mark;
    });
    const box = make("div", "meter " + band, bar, ...marks);
    box.setAttribute("aria-hidden", "true");
    return box;
  }

  function reference(c, pictures, [kind, name, score, error, points, band]) {
    const caption = make("figcaption", "", make("b", "", name));
    const used = kind === c.reference && c.scores.length > 1 ? " · " + t.used : "";
    if (score === null) caption.append(t.not_comparable + (error ? t.separator + error : ""));
    else if (points === null) caption.append(score.toFixed(3) + used);
    else caption.append(t.score_of.replace("{points}", points) + used, meter(points, band), BANDS[band]);
    return make("figure", "", frame(pictures[kind], name, c.missing), caption);
  }

  function uploaded(c, pictures) {
    const box = frame(pictures.photo, t.as_uploaded, "");
    if (pictures.photo) box.firstChild.style.transform = `rotate(${-c.turn}deg)`;
    const how = make("figcaption", "", t.as_uploaded, make("br"), "↻ " + t.turn.replace("{turn}", c.turn));
    return make("figure", "uploaded", box, how);
  }

  // Pointing at a finding shows on the picture where it is.
  function findings(entries, drawing, smallPrint = true) {
    return make("ul", "", ...entries.map(([code, sentence, small]) => {
      const row = make("li", "", sentence, small && smallPrint ? make("small", "", small) : "");
      if (drawing) {
        row.addEventListener("pointerenter", () => Guides.point(drawing, [code]));
        row.addEventListener("pointerleave", () => Guides.point(drawing, []));
      }
      return row;
    }));
  }

  function folded(className, label, ...children) {
    return make("details", className, make("summary", "", label), ...children);
  }

  // What only those want who ask: measured values with their limits, scores as computed.
  function howItCame(c) {
    const told = [...c.reasons.map(([, , small]) => small), ...c.scores.map(([, name, , , , , raw]) => raw && name + t.separator + raw)];
    const lines = told.filter(Boolean).map((line) => make("li", "", line));
    return lines.length ? [folded("how", t.how, make("ul", "", ...lines))] : [];
  }

  // The case's place on the desk, and the machine's doubts to be decided here; a photo that nobody
  // claims has no number, so its link leads to the queue of its kind.
  function onward(c) {
    const path = c.id ? "/student/" + encodeURIComponent(c.id) : "/?state=all&reason=" + encodeURIComponent(c.reasons[0]?.[0] || "");
    const link = make("a", "button", t.open_case + " ↗");
    link.href = config.desk + path;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    const doubted = c.decision !== "ACCEPT" && c.id && config.run;
    const row = make("div", "actions", config.desk ? link : "", ...(doubted ? decide(c) : []));
    return row.hasChildNodes() ? [row] : [];
  }

  function draw(c) {
    const pictures = picturesOf(c);
    c.missing = !Object.keys(pictures).length && c.decision === "ACCEPT" ? t.not_embedded : t.no_photo;
    const roll = c.roll ? t.roll.replace("{roll}", c.roll) : "";
    const caption = make("figcaption", "", make("b", "", t.photo), roll);
    const shown = frame(pictures.photo, t.photo, c.missing);
    const drawing = pictures.photo && c.guides ? Guides.over(shown.firstChild, c.guides) : null;
    if (drawing) shown.append(drawing);
    const row = make("div", "pictures", make("figure", "", shown, caption),
      ...c.scores.map((score) => reference(c, pictures, score)),
      ...(c.overlay ? [make("figure", "", frame(pictures.overlay, c.overlay, c.missing), make("figcaption", "", c.overlay))] : []));

    const badge = make("span", "badge " + c.decision, config.symbols[c.decision] + " " + config.decisions[c.decision]);
    const name = make("h3", "", c.name || c.id || t.nobody);
    const numbers = make("span", "muted", [c.name ? c.id : "", c.number].filter(Boolean).join(" · "));
    const where = make("p", "where muted", [c.college, c.major, c.class].filter(Boolean).join(" · "));
    const body = make("div", "body", make("div", "head", badge, name, numbers), where);
    if (c.category) body.append(make("p", "category", config.categories[c.category] || c.category));
    if (c.reasons.length) body.append(make("div", "reasons", findings(c.reasons, drawing, false)));
    if (c.like) body.append(make("p", "like", t.looks_like + c.like));
    body.append(...onward(c));
    if (c.advice.length) body.append(folded("advice", t.advice_count.replace("{count}", c.advice.length), findings(c.advice, drawing)));
    body.append(...howItCame(c));
    if (c.photo) body.append(make("p", "file muted", t.file + t.separator + c.photo));
    if (c.files) body.append(make("ul", "files", ...c.files.map(([name, fate, why]) =>
      make("li", "", make("b", "", fate), t.separator + name, why ? make("span", "muted", " " + why) : ""))));

    const card = make("article", "card " + c.decision, row, body);
    if (c.turn) card.append(uploaded(c, pictures));
    card.tabIndex = -1;
    return card;
  }

  function open(c) {
    choose(form.elements.view, "");
    apply();
    const at = shown.indexOf(c);
    if (at >= drawn) more(at + 1 - drawn);
    list.children[at].scrollIntoView({ block: "start" });
    list.children[at].focus({ preventScroll: true });
  }

  function more(count = CHUNK) {
    if (root.classList.contains("paper-shown")) return; // the list for paper is whole at once
    if (cells) {
      for (let left = 2 * count, next; left && !(next = cells.next()).done; left -= 1) list.append(next.value());
      return;
    }
    list.append(...shown.slice(drawn, drawn + count).map(draw));
    drawn = Math.min(shown.length, drawn + count);
  }

  // --- filters --------------------------------------------------------------------------------

  const state = () => Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));

  function hasReason(c, why) {
    const at = why.indexOf(":"), kind = why.slice(0, at), key = why.slice(at + 1);
    if (kind === "category") return c.category === key;
    return c.reasons.concat(c.advice).some(([code]) => code === key);
  }

  function passes(c, f, words) {
    return (!f.college || c.college === f.college) && (!f.class || c.class === f.class) &&
      (!f.why || hasReason(c, f.why)) && words.every((word) => c.text.includes(word));
  }

  const ORDERS = {
    "": (a, b) => RANK[a.decision] - RANK[b.decision] || a.order - b.order,
    given: (a, b) => a.order - b.order,
    score: (a, b) => (a.score === b.score ? a.order - b.order : a.score - b.score),
  };

  function apply() {
    const f = state();
    const rest = cases.filter((c) => passes(c, f, words(f.q)));
    form.querySelectorAll("[data-count]").forEach((node) => {
      const key = node.dataset.count;
      node.textContent = rest.filter((c) => decided(c, key)).length;
    });
    shown = rest.filter((c) => (f.decision ? decided(c, f.decision) : true)).sort(ORDERS[f.sort]);
    drawn = 0;
    list.replaceChildren();
    cells = f.view === "sheet" ? views.sheet(shown, open) : null;
    list.className = f.view;
    root.classList.toggle("paper-shown", f.view === "paper");
    root.classList.toggle("sheet-shown", f.view === "sheet");
    paper.replaceChildren(...(f.view === "paper" ? views.paper(shown) : []));
    more();
    $("shown").textContent = t.shown.replace("{shown}", shown.length).replace("{total}", cases.length);
    $("nothing").hidden = shown.length > 0;
    form.classList.toggle("filtered", Object.entries(f).some(([name, value]) => value && !ONLY_SEEN.has(name)));
    keep(f);
  }

  // Photos that nobody claims are a kind of their own, and counted among no students.
  function decided(c, key) {
    return key === "stray" ? !c.id : Boolean(c.id) && (!key || c.decision === key);
  }

  function words(text) {
    return text.toLowerCase().split(/\s+/).filter(Boolean);
  }

  function keep(f) {
    const kept = Object.entries(f).filter(([, value]) => value);
    if (root.classList.contains("faces-hidden")) kept.push(["faces", "hidden"]);
    if (root.classList.contains("guides-shown")) kept.push(["guides", "shown"]);
    if (chosenTheme) kept.push(["theme", chosenTheme]);
    history.replaceState(null, "", "#" + new URLSearchParams(kept));
  }

  function options(select, entries) {
    const chosen = select.value;
    entries.forEach(([value, label]) => select.append(new Option(label, value)));
    select.value = chosen;
  }

  function tally(values) {
    const counts = new Map();
    values.forEach((value) => value && counts.set(value, (counts.get(value) || 0) + 1));
    return counts;
  }

  function fillReasons() {
    const students = cases.filter((c) => c.id), files = cases.filter((c) => !c.id);
    const codes = (kind, of = students) => of.flatMap((c) => [...new Set(c[kind].map(([code]) => code))]);
    const groups = [
      [t.categories, "category", tally(students.map((c) => c.category)), config.categories],
      [t.reasons, "reason", tally(codes("reasons")), config.reasons],
      [t.advice_group, "reason", tally(codes("advice")), config.reasons],
      [t.file, "reason", tally(codes("reasons", files)), config.reasons],
    ];
    for (const [label, kind, counts, names] of groups) {
      const group = make("optgroup");
      group.label = label;
      counts.forEach((count, key) => group.append(new Option(`${names[key] || key} (${count})`, kind + ":" + key)));
      if (counts.size) form.elements.why.append(group);
    }
  }

  function fillPlaces(select, name, among) {
    select.length = 1;
    const found = [...tally(among.map((c) => c[name]))].sort(([a], [b]) => a.localeCompare(b));
    options(select, found.map(([value, count]) => [value, `${value} (${count})`]));
  }

  function fillClasses() {
    const college = form.elements.college.value;
    fillPlaces(form.elements.class, "class", cases.filter((c) => !college || c.college === college));
  }

  // --- theme, faces, hash, keys ---------------------------------------------------------------

  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosenTheme = "";

  function paint() {
    root.dataset.theme = chosenTheme || (dark.matches ? "dark" : "light");
    $("theme").setAttribute("aria-pressed", root.dataset.theme === "dark");
  }

  function hideFaces(hidden) {
    root.classList.toggle("faces-hidden", hidden);
    $("faces").setAttribute("aria-pressed", hidden);
  }

  function showGuides(shown) {
    root.classList.toggle("guides-shown", shown);
    $("guides").setAttribute("aria-pressed", shown);
  }

  // Sets a field; what is not among its choices counts as "all".
  function choose(field, value) {
    if (field instanceof RadioNodeList) {
      const radios = [...field];
      (radios.find((radio) => radio.value === value) || radios[0]).checked = true;
      return;
    }
    field.value = value;
    if (field.value !== value) field.value = "";
  }

  function readHash() {
    const kept = new URLSearchParams(location.hash.slice(1));
    if (kept.get("faces") === "hidden") hideFaces(true);
    if (kept.get("guides") === "shown") showGuides(true);
    if (["dark", "light"].includes(kept.get("theme"))) chosenTheme = kept.get("theme");
    paint();
    FIELDS.forEach((name) => {
      choose(form.elements[name], kept.get(name) || "");
      if (name === "college") fillClasses();
    });
    apply();
  }

  function step(by) {
    const cards = list.children, at = Array.prototype.indexOf.call(cards, document.activeElement);
    if (at + by >= cards.length) more();
    const next = cards[Math.max(0, at + by)];
    if (next) next.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input:not([type=radio]), select");
    const onCard = document.activeElement.classList.contains("card");
    if (event.key === "Escape" && typing) typing.blur();
    if (typing) return;
    if (event.key === "/") form.elements.q.focus();
    else if (event.key === "j" || (onCard && event.key === "ArrowDown")) step(1);
    else if (event.key === "k" || (onCard && event.key === "ArrowUp")) step(-1);
    else return;
    event.preventDefault();
  });

  form.addEventListener("input", (event) => {
    if (event.target.name === "college") {
      form.elements.class.value = "";
      fillClasses();
    }
    apply();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { fillClasses(); apply(); }));
  $("faces").addEventListener("click", () => {
    hideFaces(!root.classList.contains("faces-hidden"));
    keep(state());
  });
  $("guides").addEventListener("click", () => {
    showGuides(!root.classList.contains("guides-shown"));
    keep(state());
  });
  $("theme").addEventListener("click", () => {
    chosenTheme = root.dataset.theme === "dark" ? "light" : "dark";
    paint();
    keep(state());
  });
  // Narrow screens hold reasons and fields behind this, so that the first case is there at once.
  $("further").addEventListener("click", () => {
    $("further").setAttribute("aria-expanded", root.classList.toggle("further-shown"));
  });
  dark.addEventListener("change", paint);
  // A summary tile or bar is a link that carries a filter.
  window.addEventListener("hashchange", () => {
    readHash();
    form.scrollIntoView({ behavior: "smooth" });
  });
  // Paper gets the list, whatever is on the screen.
  window.addEventListener("beforeprint", () => paper.replaceChildren(...views.paper(shown)));
  form.querySelector("label.stray").hidden = cases.every((c) => c.id);

  fillReasons();
  fillPlaces(form.elements.college, "college", cases);
  readHash();
  new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && more(), { rootMargin: "1500px" }).observe($("more"));
})();
