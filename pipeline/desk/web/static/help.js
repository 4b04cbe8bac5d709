"use strict";
// `?` shows help on every page. Single keys can be switched off, which stays on this device.
document.addEventListener("DOMContentLoaded", () => {
  const help = document.getElementById("help"), toggle = document.getElementById("keys-on");
  const on = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
  document.getElementById("help-button").addEventListener("click", () => help.showModal());
  toggle.checked = on();
  toggle.addEventListener("change", () => { try { localStorage.setItem("keys", toggle.checked ? "on" : "off"); } catch { /* private mode: not kept */ } });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea");
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || typing || help.open || !on()) return;
    help.showModal();
    event.preventDefault();
  });
  // The list of cases that are answered together.
  const every = document.getElementById("every");
  every?.addEventListener("change", () => document.querySelectorAll("input[name=case]").forEach((box) => { box.checked = every.checked; }));
});
