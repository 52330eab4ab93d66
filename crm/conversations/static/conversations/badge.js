// How many conversations are unread: in the bar, in the menu and in the tab's title.
(function () {
    "use strict";
    const bar = document.querySelector("[data-badge]");
    if (!bar) return;
    const title = document.title.replace(/^\(\d+\) /, "");

    window.whileLookedAt(async function (isThere) {
        const answer = await window.askSince(bar.dataset.badge.replace("/0/", "/" + bar.dataset.stamp + "/"), isThere);
        if (!answer) return answer;
        const found = JSON.parse(answer);
        bar.dataset.stamp = found.stamp;
        document.title = (found.number ? "(" + found.number + ") " : "") + title;
        document.querySelectorAll("[data-unread-badge]").forEach(function (badge) {
            badge.querySelector("[data-number]").textContent = found.number;
            badge.hidden = !found.number;
        });
        return null;
    });
})();
