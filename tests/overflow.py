"""What a page shows cut off or beyond its edges; `FAULTS_OF_LAYOUT` runs in the page."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

SIZES = ((1366, 768), (1920, 1080), (390, 844))
THEMES = ("light", "dark")
# Left out: what nobody sees, what scrolls, and lines that end in dots on purpose.
FAULTS_OF_LAYOUT = """(themes) => {
  const styles = (e) => getComputedStyle(e);
  const scrolls = (s) => [s.overflowX, s.overflowY].some((o) => o === "auto" || o === "scroll");
  const dots = (e) => e.closest(".cell") || styles(e).textOverflow === "ellipsis";
  const told = (e) => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 40);
  function looked(e) {
    const range = document.createRange();
    range.selectNodeContents(e);
    const text = range.getBoundingClientRect();
    for (let up = e; up !== document.body; up = up.parentElement) {
      const s = styles(up), b = up.getBoundingClientRect();
      if (scrolls(s) || s.textOverflow === "ellipsis") return "";
      if (s.overflowX === "visible" && s.overflowY === "visible") continue;
      const across = Math.max(b.left - text.left, text.right - b.right);
      const down = Math.max(b.top - text.top, text.bottom - b.bottom);
      if (Math.max(across, down) > 2) return "clipped by ." + up.className + ": " + told(e);
    }
    const box = e.closest("button, .button, .badge, .tag")?.getBoundingClientRect();
    if (box && text.right > box.right + 1) return "wider than its box: " + told(e);
    return text.right > innerWidth + 1 || text.left < -1 ? "beyond the edge: " + told(e) : "";
  }
  function look() {
    const found = [], width = document.documentElement.scrollWidth;
    if (width > innerWidth) found.push("the page is " + width + " px wide");
    for (const e of document.body.querySelectorAll("*")) {
      const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
      if (!own || e.closest("svg, script, style, noscript, .skip") || dots(e)) continue;
      const seen = e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
      if (seen && styles(e).clipPath === "none") found.push(looked(e));
    }
    return found.filter(Boolean).slice(0, 5);
  }
  return themes.flatMap((theme) => {
    document.documentElement.dataset.theme = theme;
    return look().map((fault) => theme + ": " + fault);
  });
}"""


def faults(page: Page) -> Iterator[str]:
    """What is wrong with a page's layout, in every size and theme."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for fault in page.evaluate(FAULTS_OF_LAYOUT, THEMES):
            yield f"{width} px, {fault}"
