"use strict";
// The theme before the first paint; what was chosen stays on this device.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const paint = () => {
    root.dataset.theme = kept() || (dark.matches ? "dark" : "light");
    document.getElementById("theme")?.setAttribute("aria-pressed", root.dataset.theme === "dark");
  };
  paint();
  dark.addEventListener("change", paint);
  document.addEventListener("DOMContentLoaded", () => {
    paint();
    document.getElementById("theme").addEventListener("click", () => {
      try { localStorage.setItem("theme", root.dataset.theme === "dark" ? "light" : "dark"); } catch { /* private mode: not kept */ }
      paint();
    });
    // A choice in a filter takes effect at once; the button is for those without script.
    document.querySelectorAll(".filters select").forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));
  });
})();
