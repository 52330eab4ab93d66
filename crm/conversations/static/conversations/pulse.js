// Asks again and again while the page is looked at: every 5 seconds while somebody is there, then 15, then two minutes;
// never when the page is hidden. `ask(isThere)` says false when there is nothing more to ask.
window.whileLookedAt = function (ask) {
    "use strict";
    const ACTIVE = 120000, QUIET = 600000;
    let lastActive = Date.now(), lastAsked = Date.now(), timer = 0, isAsking = false, isOver = false;
    const idle = () => Date.now() - lastActive;
    const pause = () => (idle() < ACTIVE ? 4500 : idle() < QUIET ? 15000 : 120000);

    function plan() {
        clearTimeout(timer);
        if (!isOver && !document.hidden) timer = setTimeout(run, Math.max(0, pause() - (Date.now() - lastAsked)));
    }

    async function run() {
        if (isAsking || isOver || document.hidden) return;
        isAsking = true;
        lastAsked = Date.now();
        try {
            isOver = (await ask(idle() < ACTIVE)) === false;
        } catch { /* The line is down: asked again later. */ }
        isAsking = false;
        plan();
    }

    function wake() {
        const slept = idle() >= ACTIVE;
        lastActive = Date.now();
        if (slept) run();
    }

    ["pointermove", "pointerdown", "keydown", "scroll", "focus"].forEach(
        (name) => window.addEventListener(name, wake, { passive: true }));
    document.addEventListener("visibilitychange", function () {
        if (document.hidden) { clearTimeout(timer); return; }
        lastActive = Date.now();
        run();
    });
    plan();
};

// One question: null when nothing moved, false when the session is over.
window.askSince = async function (url, isThere) {
    "use strict";
    // A page that nobody touches does not keep its session open.
    const headers = { "X-Requested-With": "fetch" };
    if (!isThere) headers["X-Idle"] = "1";
    const answer = await fetch(url, { headers: headers, credentials: "same-origin", redirect: "manual" });
    if (answer.status === 200) return answer.text();
    return answer.status === 204 || answer.status >= 500 ? null : false;
};
