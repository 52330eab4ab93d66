// The search and the filters of a list: only what was chosen goes into the address.
(function () {
    "use strict";
    const form = document.getElementById("changelist-search");
    if (!form) return;
    form.querySelectorAll(".search-filter").forEach(function (select) {
        const rename = function () {
            const name = select.selectedOptions[0] && select.selectedOptions[0].dataset.name;
            if (name) select.name = name; else select.removeAttribute("name");
        };
        select.addEventListener("change", rename);
        rename();
    });
    form.addEventListener("submit", function () {
        form.querySelectorAll("input, select").forEach(function (field) {
            if (!field.value) field.disabled = true;
        });
    });
    window.addEventListener("pageshow", function () {
        form.querySelectorAll(":disabled").forEach((field) => { field.disabled = false; });
    });
})();
