// A conversation that is looked at: what is new appears by itself. Without this file the page works by being read again.
// Asked every 5 seconds while somebody is there, then 15, then 60; never when the page is hidden.
(function () {
    "use strict";
    const list = document.querySelector("[data-poll]");
    const ACTIVE = 120000, QUIET = 600000;
    const title = document.title.replace(/^\(\d+\) /, "");
    let lastActive = Date.now(), lastAsked = Date.now(), timer = 0, isAsking = false, isOver = false;

    const idle = () => Date.now() - lastActive;
    const pause = () => (idle() < ACTIVE ? 4500 : idle() < QUIET ? 15000 : 60000);

    function plan() {
        clearTimeout(timer);
        if (!list || isOver || document.hidden) return;
        timer = setTimeout(ask, Math.max(0, pause() - (Date.now() - lastAsked)));
    }

    async function ask() {
        if (isAsking || document.hidden) return;
        isAsking = true;
        lastAsked = Date.now();
        // A page that nobody touches neither counts as read nor keeps its session open.
        const isThere = idle() < ACTIVE;
        const url = list.dataset.poll + list.dataset.revision + "/" + (isThere ? "?lu=1" : "");
        const headers = { "X-Requested-With": "fetch" };
        if (!isThere) headers["X-Idle"] = "1";
        try {
            const answer = await fetch(url, { headers: headers, credentials: "same-origin", redirect: "manual" });
            if (answer.status === 200) show(await answer.text());
            else if (answer.status !== 204 && answer.status < 500) isOver = true;
        } catch { /* The line is down: asked again later. */ }
        isAsking = false;
        plan();
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

    function wake() {
        const slept = idle() >= ACTIVE;
        lastActive = Date.now();
        if (slept) ask();
    }

    if (list) {
        ["pointermove", "pointerdown", "keydown", "scroll", "focus"].forEach(
            (name) => window.addEventListener(name, wake, { passive: true }));
        document.addEventListener("visibilitychange", function () {
            if (document.hidden) { clearTimeout(timer); return; }
            lastActive = Date.now();
            ask();
        });
        tell(Number((document.querySelector("[data-unread]") || { textContent: 0 }).textContent) || 0);
        plan();
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
