// Draws over a picture what pipeline/guides.py says: dashed bands of the standard, lines of the face
// (✓ inside, ✕ outside) and boxes around faults. The view box is the picture's own size, so the
// drawing lies as the picture does.
const Guides = (() => {
  // The SVG namespace, without writing what would look like an address to fetch.
  const SVG = Object.assign(document.createElement("template"), { innerHTML: "<svg></svg>" }).content.firstChild.namespaceURI;

  function shape(tag, className, attributes = {}, words = "") {
    const node = document.createElementNS(SVG, tag);
    node.setAttribute("class", className);
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    node.textContent = words;
    return node;
  }

  function draw(svg, width, height, { bands, marks, areas }) {
    const rect = (className, x, y, w, h) => shape("rect", className, { x: x * width, y: y * height, width: w * width, height: h * height });
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.append(...bands.map(([axis, start, stop]) =>
      axis === "row" ? rect("band", 0, start, 1, stop - start) : rect("band", start, 0, stop - start, 1)));
    marks.forEach(([axis, at, bad]) => {
      const row = axis === "row", x = at * width, y = at * height;
      const ends = row ? { x1: 0, y1: y, x2: width, y2: y } : { x1: x, y1: 0, x2: x, y2: height };
      const place = row ? { x: width - 26, y: Math.max(24, y - 6) } : { x: x + 5, y: height - 8 };
      svg.append(shape("line", bad ? "mark bad" : "mark", ends), shape("text", bad ? "bad" : "", place, bad ? "✕" : "✓"));
    });
    areas.forEach(([code, x, y, w, h]) => {
      const box = rect("area", x, y, w, h);
      box.dataset.code = code;
      svg.append(box);
    });
  }

  // The drawing for an image, to be laid over it; drawn once the image knows its size.
  function over(img, told) {
    const svg = shape("svg", "guides", { "aria-hidden": "true" });
    const ready = () => draw(svg, img.naturalWidth, img.naturalHeight, told);
    if (img.complete && img.naturalWidth) ready();
    else img.addEventListener("load", ready, { once: true });
    return svg;
  }

  // The boxes of some faults stand out, or none does.
  function point(svg, codes) {
    svg.querySelectorAll(".area").forEach((box) => box.classList.toggle("on", codes.includes(box.dataset.code)));
  }

  return { over, point };
})();
