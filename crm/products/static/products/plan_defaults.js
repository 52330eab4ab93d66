// Choosing a formule fills the price, rate, reason, billing and end of the same form. Without it, blanks are filled at save.
"use strict";
(() => {
  const FILLED = ["price_excl_tax", "vat_rate", "vat_exemption_reason", "billing_period", "ends_on"];
  const wait = { timer: null };

  function field(plan, name) {
    return document.getElementById(plan.id.replace(/plan$/, name));
  }

  function isoDay(text) {
    const parts = text.match(/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/);
    return parts ? `${parts[3]}-${parts[2].padStart(2, "0")}-${parts[1].padStart(2, "0")}` : text;
  }

  async function fill(plan, names) {
    if (!plan.value) return;
    const start = field(plan, "subscribed_on");
    const address = plan.dataset.defaultsUrl.replace(/\/0\//, `/${encodeURIComponent(plan.value)}/`);
    const answer = await fetch(`${address}?from=${encodeURIComponent(isoDay(start ? start.value.trim() : ""))}`, {
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) return;
    const values = await answer.json();
    for (const name of names) {
      const input = field(plan, name);
      if (!input || values[name] === undefined) continue;
      input.value = values[name];
      if (input.tagName === "SELECT" && window.jQuery) window.jQuery(input).trigger("change.select2");
    }
  }

  // A change of ours may be heard twice, through the browser and through a jQuery: one question is enough.
  function soon(plan, names) {
    clearTimeout(wait.timer);
    wait.timer = setTimeout(() => fill(plan, names), 150);
  }

  function changed(event) {
    const input = event.target;
    if (input.matches("select[data-defaults-url]")) return soon(input, FILLED);
    const start = input.id.match(/^(.*)subscribed_on$/);
    const plan = start && document.getElementById(`${start[1]}plan`);
    if (plan && plan.dataset.defaultsUrl) soon(plan, ["ends_on"]);
  }

  // The skin's lists announce a choice through a jQuery of their own, loaded after this file.
  window.addEventListener("load", () => {
    document.addEventListener("change", changed);
    for (const jquery of new Set([window.jQuery, window.django && window.django.jQuery])) {
      if (jquery) jquery(document).on("change", "select[data-defaults-url]", changed);
    }
  });
})();
