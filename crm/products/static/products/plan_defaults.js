// Choosing a formule fills the price, rate, reason, billing and end of the same form. Without it, blanks are filled at save.
// What a person typed is theirs: only a blank, or what the former formule gave, is replaced.
"use strict";
(() => {
  const FILLED = ["price_excl_tax", "vat_rate", "vat_exemption_reason", "billing_period", "ends_on"];
  const CHOICE = "select[data-defaults-url]";
  const chosen = new WeakMap();
  const given = new WeakMap();
  const timers = new WeakMap();

  function field(plan, name) {
    return document.getElementById(plan.id.replace(/plan$/, name));
  }

  function isoDay(text) {
    const parts = text.match(/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/);
    return parts ? `${parts[3]}-${parts[2].padStart(2, "0")}-${parts[1].padStart(2, "0")}` : text;
  }

  function firstDay(plan) {
    const start = field(plan, "subscribed_on");
    return isoDay(start ? start.value.trim() : "");
  }

  async function ask(plan) {
    const asked = plan.value;
    const from = firstDay(plan);
    const address = plan.dataset.defaultsUrl.replace(/\/0\//, `/${encodeURIComponent(asked)}/`);
    const answer = await fetch(`${address}?from=${encodeURIComponent(from)}`, {
      headers: { Accept: "application/json" },
    });
    // Another formule or day chosen meanwhile asks for itself.
    return answer.ok && plan.value === asked && firstDay(plan) === from ? answer.json() : null;
  }

  function isTyped(plan, name) {
    const input = field(plan, name);
    const former = (given.get(plan) || {})[name];
    return Boolean(input && input.value.trim() !== "" && input.value !== former);
  }

  async function fill(plan, names) {
    if (!plan.value) return;
    const values = await ask(plan);
    if (!values) return;
    const isRateTyped = isTyped(plan, "vat_rate");
    for (const name of names) {
      const input = field(plan, name);
      if (!input || values[name] === undefined || isTyped(plan, name)) continue;
      // The reason goes with the rate of the formule, not with another.
      if (name === "vat_exemption_reason" && isRateTyped) continue;
      input.value = values[name];
      if (input.tagName === "SELECT" && window.jQuery) window.jQuery(input).trigger("change.select2");
    }
    plan.dispatchEvent(new Event("products:filled", { bubbles: true }));
    given.set(plan, { ...given.get(plan), ...Object.fromEntries(names.map((name) => [name, values[name]])) });
  }

  // A change of ours may be heard twice, through the browser and through a jQuery: one question is enough. What the
  // former choice gave goes at once: who saves before the answer gets what the server fills blanks with.
  function soon(plan, names) {
    for (const name of names) if (given.has(plan) && field(plan, name) && !isTyped(plan, name)) field(plan, name).value = "";
    clearTimeout(timers.get(plan));
    timers.set(plan, setTimeout(() => fill(plan, names), 150));
  }

  function changed(event) {
    const input = event.target;
    if (input.matches(CHOICE)) {
      // The skin's lists announce themselves as they are drawn, with nothing changed.
      if ((chosen.get(input) || "") === input.value) return;
      chosen.set(input, input.value);
      return soon(input, FILLED);
    }
    const start = input.id.match(/^(.*)subscribed_on$/);
    const plan = start && document.getElementById(`${start[1]}plan`);
    // A formule just chosen brings its own end.
    if (plan && plan.dataset.defaultsUrl) soon(plan, given.has(plan) ? ["ends_on"] : FILLED);
  }

  // A page that comes back with a formule keeps what it shows; a blank one, opened with a formule, is filled.
  async function remember(plan) {
    chosen.set(plan, plan.value);
    if (!plan.value) return;
    if (!FILLED.some((name) => field(plan, name) && field(plan, name).value.trim() !== "")) return fill(plan, FILLED);
    const values = await ask(plan);
    if (values) given.set(plan, values);
  }

  // The skin's lists announce a choice through a jQuery of their own, loaded after this file.
  window.addEventListener("load", () => {
    document.querySelectorAll(CHOICE).forEach(remember);
    document.addEventListener("change", changed);
    for (const jquery of new Set([window.jQuery, window.django && window.django.jQuery])) {
      if (jquery) jquery(document).on("change", CHOICE, changed);
    }
  });
})();
