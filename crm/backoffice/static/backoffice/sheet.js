// The client's sheet: panels read when their tab is opened, countries of the further addresses, the department.
(function () {
    "use strict";

    async function fill(element, url) {
        element.setAttribute("aria-busy", "true");
        try {
            const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
            if (!answer.ok || answer.redirected) throw new Error(answer.status);
            element.innerHTML = await answer.text();
        } catch {
            element.innerHTML = "";
            const link = document.createElement("a");
            link.href = url;
            link.textContent = url;
            element.append(link);
        }
        element.removeAttribute("aria-busy");
    }

    function openPanel(event) {
        const panel = document.querySelector(event.target.dataset.bsTarget || "#none");
        if (panel && panel.dataset.panel && !panel.dataset.isRead) {
            panel.dataset.isRead = "yes";
            fill(panel, panel.dataset.panel);
        }
    }

    // A panel narrowed by its own form, or read further back: the rest of the sheet stays as it is.
    document.addEventListener("submit", function (event) {
        const panel = document.getElementById(event.target.dataset.fills || "");
        if (!panel) return;
        event.preventDefault();
        const asked = new URLSearchParams(Array.from(new FormData(event.target)).filter((pair) => pair[1]));
        fill(panel, event.target.action + "?" + asked);
    });
    document.addEventListener("click", function (event) {
        // Also when the address names that tab already, and another was opened since.
        const named = event.target.closest("a[href^='#panel-']");
        if (named) openNamedTab(named.hash);
        const link = event.target.closest("a[data-fills], a[data-older]");
        const panel = link && link.closest(".panel-pane");
        if (!panel) return;
        event.preventDefault();
        if (link.dataset.fills) fill(panel, link.href); else readOlder(panel, link);
    });

    async function readOlder(panel, link) {
        const answer = await fetch(link.href, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
        if (!answer.ok || answer.redirected) { window.location = link.href; return; }
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const older = page.querySelectorAll(".entries > li");
        panel.querySelector(".entries").append(...older);
        const next = page.querySelector("[data-older]");
        if (next) { link.replaceWith(next); next.focus(); } else { link.remove(); }
    }

    // The address or a link may name a tab, of the form or of another room: #panel-timeline.
    function openNamedTab(hash) {
        const link = hash && document.getElementById(hash.slice(1) + "-link");
        if (link) bootstrap.Tab.getOrCreateInstance(link).show();
    }

    function lendCountries(root) {
        root.querySelectorAll("select[data-options-from]").forEach(function (select) {
            const source = document.getElementById(select.dataset.optionsFrom);
            if (!source || source.options.length <= select.options.length) return;
            const value = select.value;
            select.replaceChildren(...Array.from(source.options, (option) => option.cloneNode(true)));
            select.value = value;
        });
    }

    function showDepartment() {
        const postcode = document.getElementById("id_postcode");
        const department = document.getElementById("id_department");
        const country = document.getElementById("id_country");
        if (!postcode || !department) return;
        const hint = document.createElement("p");
        hint.className = "help-block";
        hint.setAttribute("role", "status");
        postcode.after(hint);
        postcode.addEventListener("input", function () {
            const digits = postcode.value.replace(/\s/g, "");
            const codes = [digits.slice(0, 3), digits.slice(0, 2)];
            const found = Array.from(department.options).find((option) => option.value && codes.includes(option.value));
            hint.textContent = found && (!country || country.value === "FR") ? found.text : "";
        });
    }

    document.addEventListener("shown.bs.tab", openPanel);
    document.addEventListener("formset:added", (event) => lendCountries(event.target));
    lendCountries(document);
    showDepartment();
    ["load", "hashchange"].forEach((name) => window.addEventListener(name, () => openNamedTab(location.hash)));
    document.querySelectorAll("[data-notice]").forEach((notice) => fill(notice, notice.dataset.notice));
})();
