// A conversation that is looked at: what is new appears by itself. Without this file the page works by being read again.
(function () {
    "use strict";
    const list = document.querySelector("[data-poll]");
    const title = document.title.replace(/^\(\d+\) /, "");

    // Looked at, what comes counts as read; on a page that nobody touches it does not.
    async function ask(isThere) {
        const url = list.dataset.poll + list.dataset.revision + "/" + (isThere ? "?lu=1" : "");
        const html = await window.askSince(url, isThere);
        if (html) show(html);
        return html;
    }

    function show(html) {
        const page = new DOMParser().parseFromString(html, "text/html");
        const fragment = page.querySelector("[data-fragment]");
        if (!fragment) return;
        const isAtEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 400;
        const last = Number(list.lastElementChild ? list.lastElementChild.dataset.message : 0);
        let isNew = false;
        fragment.querySelectorAll("[data-message]").forEach(function (line) {
            const shown = document.getElementById(line.id);
            if (shown) shown.replaceWith(line);
            else if (Number(line.dataset.message) > last) { list.append(line); isNew = true; }
        });
        list.dataset.revision = fragment.dataset.revision;
        const receipt = page.getElementById("receipt");
        const present = document.getElementById("receipt");
        if (receipt && present && receipt.textContent !== present.textContent) present.replaceWith(receipt);
        const empty = document.querySelector("[data-empty]");
        if (isNew && empty) empty.remove();
        if (isNew && isAtEnd) list.lastElementChild.scrollIntoView({ block: "nearest" });
        tell(Number(fragment.dataset.unread));
    }

    // How much is unread: beside the menu and in the tab's title.
    function tell(number) {
        if (list.dataset.counted === "elsewhere") return;
        document.title = (number ? "(" + number + ") " : "") + title;
        document.querySelectorAll("[data-unread]").forEach(function (badge) {
            if (badge.matches("[data-fragment]")) return;
            badge.textContent = number;
            badge.hidden = !number;
        });
    }

    if (list) {
        const badge = document.querySelector("[data-unread]");
        tell(badge ? Number(badge.textContent) : 0);
        window.whileLookedAt(ask);
    }

    // A double click sends once anyway: the token sees to it. The button says that it is on its way.
    document.querySelectorAll("form[data-once]").forEach(function (form) {
        form.addEventListener("submit", function (event) {
            if (event.submitter && event.submitter.hasAttribute("data-again")) return;
            const buttons = form.querySelectorAll("button[type=submit]");
            setTimeout(() => buttons.forEach((button) => { button.disabled = true; }), 0);
        });
    });
    window.addEventListener("pageshow", function () {
        document.querySelectorAll("form[data-once] button[type=submit]").forEach((button) => { button.disabled = false; });
    });

    // A few usual signs for keyboards that have none.
    const text = document.querySelector("#write textarea");
    if (text) {
        const row = document.createElement("div");
        row.className = "emoji";
        "🙂 👍 🙏 🎉 😊 ❤️ 😕 ✅".split(" ").forEach(function (sign) {
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = sign;
            button.addEventListener("click", function () {
                text.setRangeText(sign, text.selectionStart, text.selectionEnd, "end");
                text.focus();
            });
            row.append(button);
        });
        text.after(row);
    }
})();
