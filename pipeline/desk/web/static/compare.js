"use strict";
// Photo and references side by side, zoomed and moved together; overlay, blink, guide lines.
// Every picture is shown as high as every other, the references turned and scaled so that their
// eyes lie where the photo's do. Where the machine found no eyes, or the wrong ones, people show
// them: two clicks in the photo and two in the reference.
const FRAME = { width: 300, height: 400 }; // of every picture, in the shape desk.css gives it
class Compare {
  constructor(sheet) {
    this.stage = sheet.querySelector(".stage");
    this.bar = sheet.querySelector(".viewing");
    this.output = this.bar.querySelector("output");
    this.references = [...this.stage.querySelectorAll("[data-reference]")];
    this.photo = this.stage.querySelector("figure:not(.reference):not(.absent)");
    // The photo of before comes last in turn: first people compare with who it should be.
    this.chosen = Math.max(0, this.references.findIndex((figure) => !figure.matches(".former")));
    this.view = { zoom: 1, x: 0, y: 0 };
    this.eyes = null; // what was clicked so far, while clicks are waited for
    this.timer = 0;
    this.settle();
    this.mark();
    this.rule();
    // How a picture lies in its frame is known once it is there.
    this.stage.querySelectorAll("img").forEach((img) => img.complete || img.addEventListener("load", () => { this.settle(); this.paint(); }, { once: true }));
    this.bar.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act) this.act(act);
    });
    this.stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
    }, { passive: false });
    this.stage.addEventListener("pointerdown", (event) => this.drag(event));
  }

  act(name) {
    const acts = {
      overlay: () => this.mode("overlay"),
      blink: () => this.mode("blink"),
      guides: () => { Compare.guides = !Compare.guides; this.rule(); },
      reference: () => { this.chosen = (this.chosen + 1) % Math.max(1, this.references.length); this.mark(); },
      align: () => this.align(),
      click: () => this.ask(),
      in: () => this.zoom(1.25),
      out: () => this.zoom(0.8),
      reset: () => this.reset(),
    };
    acts[name]?.();
  }

  // Where the photo's and one reference's eyes lie, in frames; null where one is not known.
  known(reference) {
    const places = [this.photo, reference].map((figure) => {
      const img = figure?.querySelector("img"), shares = figure?.dataset.eyes?.split(" ").map(Number);
      if (!shares || !img.naturalWidth) return null;
      const fit = Math.min(FRAME.width / img.naturalWidth, FRAME.height / img.naturalHeight);
      const at = (x, y) => [(x - 0.5) * img.naturalWidth * fit, (y - 0.5) * img.naturalHeight * fit];
      return [at(shares[0], shares[1]), at(shares[2], shares[3])];
    });
    return places.every(Boolean) ? places : null;
  }

  // Every reference as it starts: eyes upon eyes, or as it lies.
  settle() {
    const found = this.references.map((reference) => this.known(reference));
    this.able = found.some(Boolean);
    this.nudges = found.map((eyes) => eyes && Compare.aligned ? Compare.upon(eyes[1], eyes[0], FRAME) : { dx: 0, dy: 0, scale: 1, turn: 0 });
    this.press("align", this.able && Compare.aligned);
  }

  // Guide lines stay from case to case.
  rule() {
    this.stage.classList.toggle("guides", Boolean(Compare.guides));
    this.press("guides", Boolean(Compare.guides));
  }

  press(name, on) {
    this.bar.querySelector(`[data-act="${name}"]`)?.setAttribute("aria-pressed", on);
  }

  mark() {
    this.references.forEach((figure, i) => figure.classList.toggle("chosen", i === this.chosen && this.references.length > 1));
    this.lay();
    this.paint();
  }

  // Overlay and blink show the chosen reference in the photo's own frame.
  mode(name) {
    if (!this.photo || !this.references.length) return;
    const next = this.stage.dataset.mode === name ? "side" : name;
    this.stage.dataset.mode = next;
    this.press("overlay", next === "overlay");
    this.press("blink", next === "blink");
    this.lay();
    this.paint();
  }

  lay() {
    clearInterval(this.timer);
    this.stage.querySelectorAll(".over").forEach((node) => node.remove());
    const mode = this.stage.dataset.mode, source = this.references[this.chosen]?.querySelector("img");
    if (mode === "side" || !source || !this.photo) return;
    const over = source.cloneNode();
    over.className = "over";
    over.alt = "";
    this.photo.querySelector(".view").append(over);
    // Who wants no motion blinks by hand: the key shows and hides the reference.
    if (mode === "blink" && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.timer = setInterval(() => over.isConnected ? over.classList.toggle("away") : clearInterval(this.timer), 700);
  }

  reset() {
    this.view = { zoom: 1, x: 0, y: 0 };
    this.settle();
    this.paint();
  }

  // Aligned or as they lie, from case to case; where no eyes were found, people show them.
  align() {
    if (!this.able) { this.ask(); return; }
    Compare.aligned = !Compare.aligned;
    this.settle();
    this.paint();
  }

  // Waits for two clicks in the photo's frame and two in the chosen reference's.
  ask() {
    const off = this.eyes;
    this.stage.querySelectorAll(".eye").forEach((node) => node.remove());
    this.eyes = off || !this.photo || !this.references.length ? null : new Map();
    this.press("click", Boolean(this.eyes));
    if (!this.eyes) return;
    if (this.stage.dataset.mode !== "side") this.mode(this.stage.dataset.mode);
    this.view = { zoom: 1, x: 0, y: 0 };
    this.nudges[this.chosen] = { dx: 0, dy: 0, scale: 1, turn: 0 };
    this.paint();
  }

  point(event) {
    const figure = event.target.closest("figure"), reference = this.references[this.chosen];
    if (figure !== this.photo && figure !== reference) return;
    const frame = figure.querySelector(".view"), box = frame.getBoundingClientRect(), seen = this.eyes.get(figure) || [];
    if (seen.length === 2) return;
    // Pixels from the frame's middle, about which the picture is turned and scaled.
    seen.push([event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2]);
    this.eyes.set(figure, seen.sort((a, b) => a[0] - b[0]));
    const dot = document.createElement("i");
    dot.className = "eye";
    dot.style.left = event.clientX - box.left + "px";
    dot.style.top = event.clientY - box.top + "px";
    frame.append(dot);
    const [photo, theirs] = [this.eyes.get(this.photo) || [], this.eyes.get(reference) || []];
    if (photo.length < 2 || theirs.length < 2) return;
    this.nudges[this.chosen] = Compare.upon(theirs, photo, box);
    this.ask();
    this.paint();
  }

  // The turn, scale and shift that carry one pair of points upon the other.
  static upon([a, b], [c, d], frame) {
    const [from, to] = [[b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]];
    const turn = Math.atan2(to[1], to[0]) - Math.atan2(from[1], from[0]);
    const scale = Math.hypot(...to) / Math.max(1, Math.hypot(...from));
    const [x, y] = [(a[0] + b[0]) / 2 * scale, (a[1] + b[1]) / 2 * scale];
    const dx = (c[0] + d[0]) / 2 - (x * Math.cos(turn) - y * Math.sin(turn));
    const dy = (c[1] + d[1]) / 2 - (x * Math.sin(turn) + y * Math.cos(turn));
    return { dx: dx / frame.width * 100, dy: dy / frame.height * 100, scale, turn };
  }

  zoom(factor) {
    this.view.zoom = Math.min(8, Math.max(1, this.view.zoom * factor));
    if (this.view.zoom === 1) this.view.x = this.view.y = 0;
    this.paint();
  }

  pan(x, y) {
    if (this.view.zoom > 1) { this.view.x += x; this.view.y += y; }
    this.paint();
  }

  nudge(dx, dy, scale = 1) {
    const n = this.nudges[this.chosen];
    if (!n) return;
    n.dx += dx; n.dy += dy; n.scale *= scale;
    this.paint();
  }

  paint() {
    const { zoom, x, y } = this.view;
    const transform = (n) => `translate(${x}%, ${y}%) scale(${zoom})` + (n ? ` translate(${n.dx}%, ${n.dy}%) rotate(${n.turn}rad) scale(${n.scale})` : "");
    this.stage.querySelectorAll("img").forEach((img) => {
      const at = img.classList.contains("over") ? this.chosen : this.references.indexOf(img.closest("figure"));
      img.style.transform = transform(this.nudges[at]);
    });
    this.stage.classList.toggle("zoomed", zoom > 1);
    this.output.textContent = Math.round(zoom * 100) + "%";
  }

  drag(start) {
    if (this.eyes) { this.point(start); return; }
    if (this.view.zoom === 1) return;
    const frame = this.stage.querySelector(".view").getBoundingClientRect(), from = { ...this.view };
    const move = (event) => {
      this.view.x = from.x + (event.clientX - start.clientX) / frame.width * 100;
      this.view.y = from.y + (event.clientY - start.clientY) / frame.height * 100;
      this.paint();
    };
    const stop = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", stop); removeEventListener("pointercancel", stop); };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop);
    addEventListener("pointercancel", stop);
  }

  stop() { clearInterval(this.timer); }
}
Compare.aligned = true;
