// The price with tax follows what is typed, rounded half up to the cent as the server does when it saves.
"use strict";
(() => {
  const ENDS = /(price_excl_tax|vat_rate|plan)$/;
  const MONEY = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });

  // In hundredths, whole; NaN when it is not a number of two decimals at most.
  function hundredths(input) {
    const parts = (input ? input.value : "").replace(/[\s€%]/g, "").match(/^(\d{1,8})(?:[.,](\d{0,2}))?$/);
    return parts ? Number(parts[1]) * 100 + Number((parts[2] || "").padEnd(2, "0")) : NaN;
  }

  function show(input) {
    const prefix = input.id.replace(ENDS, "");
    const row = input.closest(".inline-related") || document;
    const place = row.querySelector(".field-incl_tax .readonly");
    if (!place) return;
    const price = hundredths(document.getElementById(`${prefix}price_excl_tax`));
    const rate = hundredths(document.getElementById(`${prefix}vat_rate`));
    const total = Math.floor((price * (10000 + rate) + 5000) / 10000);
    place.textContent = Number.isNaN(total) ? "–" : MONEY.format(total / 100);
  }

  document.addEventListener("input", ({ target }) => ENDS.test(target.id) && show(target));
  // Told by the defaults of a formule, which fill without an input of a person.
  document.addEventListener("products:filled", ({ target }) => show(target));
})();
