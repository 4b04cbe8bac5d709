"use strict";
// Parts of a page that change by themselves, and handing files in. The markup is the server's own.
(() => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  async function part(url) {
    const response = await fetch(url, { headers: { "x-desk": "part" } });
    if (response.status === 401) location.reload();
    if (!response.ok) throw new Error(response.status);
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    return template.content.firstElementChild;
  }

  // Ask for a part until the server has nothing to wait for any more; what is typed meanwhile stays.
  async function follow(place, url, every, changed = () => {}) {
    let last = "";
    for (;;) {
      let made;
      try { made = await part(url); } catch { await wait(3000); continue; }
      const html = made.outerHTML;
      if (html !== last) {
        const focused = place.contains(document.activeElement) && document.activeElement.closest("form")?.getAttribute("action");
        place.replaceChildren(made);
        if (focused) [...place.querySelectorAll("form")].find((form) => form.getAttribute("action") === focused)?.querySelector("button")?.focus();
        last = html;
      }
      if (!("wait" in made.dataset)) { changed(); return; }
      await wait(every);
    }
  }

  // --- a night at work --------------------------------------------------------------------------

  const work = document.getElementById("work");
  if (work?.querySelector("[data-wait]")) follow(work, work.dataset.url, 1000, () => location.reload());

  // --- handing in -------------------------------------------------------------------------------

  const place = document.getElementById("hand-in");
  if (!place) return;
  const { url, csrf } = place.dataset, piece = Number(place.dataset.piece), said = place.dataset;
  const draft = document.getElementById("draft"), bar = document.getElementById("bar"), sent = document.getElementById("sent"), rows = document.getElementById("rows");
  const AT_ONCE = 3, SHOWN = 50, LITTER = /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$|@eaDir$)/i;
  const queue = [], active = new Set(), failed = [];
  let total = 0, done = 0, bytes = 0, settled = 0, litter = 0, round = 0, lineDown = false;

  const look = () => { const mine = ++round; follow(draft, `${url}/hand-in/draft`, 700).then(() => { if (mine === round) place.dataset.ready = "1"; }); };
  look();

  const mb = (number) => (number / 1e6).toFixed(number < 1e7 ? 1 : 0);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function paint() {
    const going = [...active].reduce((sum, one) => sum + one.sent, 0);
    document.getElementById("sending").hidden = !total;
    bar.value = bytes ? Math.min(1, (settled + going) / bytes) : 1;
    const values = { done, total, sent: mb(settled + going), all: mb(bytes), failed: failed.length, litter };
    const ended = !queue.length && !active.size;
    sent.textContent = [fill(ended ? (failed.length ? said.withFaults : said.allSent) : said.sending, values), lineDown && !ended ? said.noLine : "", litter ? fill(said.litter, values) : ""].filter(Boolean).join(" ");
    const lines = [...failed.slice(0, SHOWN).map((one) => [one, one.fault]), ...[...active].map((one) => [one, `${mb(one.sent)} / ${mb(one.file.size)} MB`])];
    rows.replaceChildren(...lines.map(([one, text]) => {
      const line = document.createElement("li"), name = document.createElement("span"), tells = document.createElement("span");
      name.textContent = one.fault ? "" : one.name;
      tells.textContent = text;
      tells.className = one.fault ? "wrong" : "muted small";
      line.append(name, tells);
      return line;
    }));
  }

  function ask(method, path, body, headers = {}, onprogress = null) {
    return new Promise((answered, broken) => {
      const request = new XMLHttpRequest();
      request.open(method, path);
      for (const [name, value] of Object.entries({ "x-csrf-token": csrf, "x-desk": "upload", ...headers })) request.setRequestHeader(name, value);
      if (onprogress) request.upload.onprogress = (event) => onprogress(event.loaded);
      request.onload = () => { let told = {}; try { told = JSON.parse(request.responseText); } catch { /* a page */ } answered({ status: request.status, told }); };
      request.onerror = request.ontimeout = request.onabort = () => broken(new Error("line"));
      request.send(body);
    });
  }

  class Fault extends Error {}

  // A piece counts once the server has it; what is under way is shown, and taken back where it is lost.
  async function send(one) {
    const about = new URLSearchParams({ kind: one.kind, name: one.name, size: one.file.size, changed: Math.max(0, one.file.lastModified || 0) });
    let at = null;
    for (let tries = 0; ; ) {
      try {
        if (at === null) at = heard(await ask("POST", `${url}/uploads`, about));
        lineDown = false;
        one.sent = at.offset;
        if (at.whole) return;
        const data = one.file.slice(at.offset, at.offset + piece), from = at.offset;
        at = heard(await ask("PUT", `${url}/uploads/${at.id}?offset=${from}`, data, { "content-type": "application/octet-stream" }, (loaded) => { one.sent = from + loaded; paint(); }), at);
        tries = 0;
      } catch (error) {
        if (error instanceof Fault) throw error;
        at = null; // ask how much is there
        lineDown = true;
        paint();
        await wait(Math.min(15000, 500 * 2 ** tries++));
      }
      paint();
    }
  }

  function heard({ status, told }, before = null) {
    if (status === 401) { location.reload(); throw new Fault(""); }
    if (told.said) throw new Fault(`${told.said}。${told.advice || ""}`.replace("。。", "。"));
    if (status === 409 && before) return { ...before, offset: told.offset };
    if (status >= 500 || status === 400) throw new Error("line");
    if (status >= 400 || !("offset" in told)) throw new Fault(fill(said.again, { status }));
    return told;
  }

  async function worker() {
    for (let one; (one = queue.shift()); ) {
      active.add(one);
      paint();
      try { await send(one); done++; } catch (error) { one.fault = error.message || one.name; failed.push(one); }
      active.delete(one);
      settled += one.file.size;
      paint();
    }
    if (!active.size && !queue.length) look();
  }

  function take(files, kind) {
    delete place.dataset.ready;
    for (const [file, name] of files) {
      if (name.split("/").some((text) => LITTER.test(text))) { litter++; continue; }
      queue.push({ file, kind, name, sent: 0 });
      total++;
      bytes += file.size;
    }
    paint();
    for (let n = active.size; n < AT_ONCE; n++) worker();
  }

  // What is dropped: files, and folders with all that is in them.
  async function dropped(items) {
    const found = [], entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    async function walk(entry, before) {
      if (entry.isFile) { found.push([await new Promise((y, n) => entry.file(y, n)), before + entry.name]); return; }
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((y, n) => reader.readEntries(y, n));
        if (!some.length) break;
        for (const child of some) await walk(child, `${before}${entry.name}/`);
      }
    }
    for (const entry of entries) await walk(entry, "");
    return found;
  }

  for (const zone of document.querySelectorAll(".drop")) {
    const kind = () => zone.dataset.kind || zone.querySelector(".kind").value;
    for (const input of zone.querySelectorAll("input[type=file]")) input.addEventListener("change", () => {
      take([...input.files].map((file) => [file, file.webkitRelativePath || file.name]), kind());
      input.value = "";
    });
    for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over-it"); });
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, (event) => { if (name === "drop" || !zone.contains(event.relatedTarget)) zone.classList.remove("over-it"); });
    zone.addEventListener("drop", async (event) => {
      event.preventDefault();
      const plain = [...event.dataTransfer.files].map((file) => [file, file.name]);
      const found = await dropped(event.dataTransfer.items);
      take(found.length ? found : plain, kind());
    });
  }
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault()); // beside a zone: the browser would open it
  addEventListener("beforeunload", (event) => { if (active.size || queue.length) event.preventDefault(); });
})();
