"use strict";
// The keyboard and the next case. The page works without this script, slower: every button is a
// form's. Here an answer is sent, and only when the server has it on disk does the next case come,
// which was fetched, pictures and all, while this one was looked at.
(() => {
  const desk = document.getElementById("desk");
  const typing = (node) => node.closest?.("input:not([type=checkbox]), select, textarea");
  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;
  const keysOn = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };

  if (!desk) { // the queue
    document.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && plain(event) && keysOn() && !document.getElementById("help").open && event.target === document.body) document.getElementById("start")?.click();
    });
    return;
  }

  const $ = (selector) => desk.querySelector(selector);
  const told = document.getElementById("told"), help = document.getElementById("help"), empty = document.getElementById("empty");
  const query = desk.dataset.query, base = desk.dataset.base;
  let sheet, compare, ahead, busy = false;
  // How many cases wait, as of the last word from the server. A sheet that was fetched before an
  // answer was sent counts that case too: its number is out of date when it is shown.
  let left = 0, sent = 0;

  // --- talking to the server --------------------------------------------------------------------

  async function ask(url, body, wants = "sheet") {
    const headers = { "x-desk": wants };
    if (body) headers["x-csrf-token"] = desk.dataset.csrf;
    const response = await fetch(url, { method: body ? "POST" : "GET", headers, body });
    if (response.status === 401) location.reload();
    if (!response.ok) throw new Error(new DOMParser().parseFromString(await response.text(), "text/html").querySelector("h1")?.textContent || desk.dataset.failed);
    if (body) { sent++; left = Number(response.headers.get("x-waiting") ?? left); }
    return response.status === 204 ? null : response.text();
  }

  async function picture(url) {
    const response = await fetch(url, { headers: { "x-desk": "1" } });
    return response.ok ? URL.createObjectURL(await response.blob()) : url;
  }

  // A sheet whose pictures are decoded before it is shown. The markup is the server's own.
  async function ready(html, asOf = sent) {
    if (!html) return null;
    const template = document.createElement("template");
    template.innerHTML = html;
    const made = template.content.querySelector(".sheet");
    made.asOf = asOf;
    const pictures = new Map();
    await Promise.all([...made.querySelectorAll("img")].map(async (img) => {
      const from = img.getAttribute("src");
      if (!pictures.has(from)) pictures.set(from, picture(from));
      img.src = await pictures.get(from);
      await img.decode().catch(() => {});
    }));
    return made;
  }

  const next = (backwards = "") => `${base}/next?after=${sheet.dataset.case}&${query}${backwards}`;
  const fetched = (url) => { const asOf = sent; return ask(url).then((html) => ready(html, asOf)); };
  const prefetch = () => { ahead = fetched(next()); ahead.catch(() => {}); };

  function say(text, bad = false) {
    told.textContent = text;
    told.classList.toggle("bad", bad);
    told.hidden = false;
    clearTimeout(say.timer);
    if (!bad) say.timer = setTimeout(() => { told.hidden = true; }, 3000);
  }

  async function doing(task) {
    if (busy) return;
    busy = true;
    try { await task(); } catch (error) { say(error instanceof TypeError ? desk.dataset.offline : error.message, true); } finally { busy = false; }
  }

  // --- showing ----------------------------------------------------------------------------------

  function show(made, push = true) {
    compare?.stop();
    const old = sheet;
    if (!made) { desk.hidden = true; empty.hidden = false; empty.querySelector("a").focus(); return; }
    desk.hidden = false;
    empty.hidden = true;
    desk.replaceChildren(made);
    if (old && old !== made) old.querySelectorAll("img").forEach((img) => img.src.startsWith("blob:") && !keeps(made, img.src) && URL.revokeObjectURL(img.src));
    take(made);
    if (push) history.pushState({}, "", `${base}/case/${made.dataset.case}?${query}`);
    scrollTo(0, 0);
    prefetch();
  }

  const keeps = (made, src) => [...made.querySelectorAll("img")].some((img) => img.src === src);

  function take(made) {
    sheet = made;
    if (made.asOf === sent) left = Number(made.dataset.waiting);
    const counter = $(".left");
    counter.textContent = counter.dataset.told.replace("{count}", left.toLocaleString("en"));
    compare = new Compare(sheet);
    sheet.addEventListener("submit", submitted);
    $(".next").addEventListener("click", (event) => { event.preventDefault(); onward(); });
    desk.dispatchEvent(new CustomEvent("shown"));
  }

  // The same case after something was recorded: words change, and pictures where there are others.
  async function renew(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    let made = template.content.querySelector(".sheet");
    const shown = (one) => one.querySelector(".stage-side").textContent;
    if (shown(made) === shown(sheet)) {
      made.asOf = sent;
      made.querySelector(".stage-side").replaceWith(sheet.querySelector(".stage-side"));
    } else made = await ready(html);
    desk.replaceChildren(made);
    compare.stop();
    take(made);
    $(".reveal")?.focus({ preventScroll: innerWidth > 800 });
  }

  // What failed while this case was looked at is asked for again, not remembered.
  const following = () => { const coming = ahead || fetched(next()); ahead = null; return coming; };
  const onward = () => doing(async () => show(await following()));

  function submitted(event) {
    event.preventDefault();
    // Whoever pressed a wrong key must be able to see it when the next case is there already.
    const what = event.submitter?.closest(".verdicts") ? event.submitter.lastChild.textContent.trim() : "";
    const recorded = [desk.dataset.saved, what && `${$(".side h1").textContent} ${what}`].filter(Boolean).join(" · ");
    const form = event.target, url = form.getAttribute("action"), body = new URLSearchParams(new FormData(form, event.submitter));
    doing(async () => {
      if (form.matches(".find")) { await renew(await ask(`${base}/case/${sheet.dataset.case}/sheet?${body}`)); choose(); return; }
      // After an open case the next one follows, so this one need not be drawn again.
      const leaves = form.matches(".answer") && !sheet.hasAttribute("data-hidden");
      let html = await ask(url, body, leaves ? "nothing" : "sheet");
      told.hidden = true;
      if (form.matches(".undo")) { show(await ready(html)); return; }
      if (leaves) {
        const made = await following();
        if (made) { show(made); say(recorded); return; }
        html = await ask(`${base}/case/${sheet.dataset.case}/sheet?${query}`);
      }
      await renew(html);
      if (form.matches(".give")) scrollTo(0, 0);
      say(recorded);
    });
  }

  // --- keys -------------------------------------------------------------------------------------

  const choose = () => ($(".offers button, .owners li button") || $(".owners [type=search]"))?.focus();
  const cycle = (name) => { const select = $(`select[name=${name}]`); if (!select) return; const box = select.closest("details"); if (box) box.open = true; select.selectedIndex = (select.selectedIndex + 1) % select.length; };
  const flip = (name) => { const box = $(`input[name=${name}]`); if (box) box.checked = !box.checked; };
  const FEATURES = { a: "ears", s: "moles", d: "brows", f: "nose", g: "chin" };
  const KEYS = {
    " ": onward, n: onward,
    p: () => doing(async () => { const made = await ready(await ask(next("&backwards=true"))); if (made) show(made); }),
    u: () => $(".undo button").click(), v: choose,
    h: () => $(".step button")?.click(),
    q: () => flip("unsure"), k: () => flip("known_good"), w: () => cycle("measure"),
    c: () => $("textarea").focus(),
    o: () => compare.act("overlay"), b: () => compare.act("blink"), l: () => compare.act("guides"), e: () => compare.act("align"), E: () => compare.act("click"), r: () => compare.act("reference"),
    "+": () => compare.act("in"), "=": () => compare.act("in"), "-": () => compare.act("out"), 0: () => compare.act("reset"),
    ArrowLeft: () => compare.pan(6, 0), ArrowRight: () => compare.pan(-6, 0), ArrowUp: () => compare.pan(0, 6), ArrowDown: () => compare.pan(0, -6),
    "<": () => compare.nudge(0, 0, 1 / 1.02), ">": () => compare.nudge(0, 0, 1.02),
  };
  const NUDGES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (!plain(event) || typing(event.target) || help.open || desk.hidden || !keysOn()) return;
    if (event.key === " " && event.target.closest("button, a, summary, input")) return;
    if (event.shiftKey && NUDGES[event.key]) compare.nudge(...NUDGES[event.key]);
    else if (event.key.startsWith("Arrow") && compare.view.zoom === 1) return;
    else if (/^[1-6]$/.test(event.key)) { if (!event.repeat) desk.querySelectorAll(".verdicts button")[event.key - 1]?.click(); }
    else if (FEATURES[event.key]) cycle(FEATURES[event.key]);
    else if (KEYS[event.key]) KEYS[event.key]();
    else return;
    event.preventDefault();
  });

  addEventListener("popstate", () => location.reload());

  left = Number($(".sheet").dataset.waiting);
  take($(".sheet"));
  prefetch();
})();
