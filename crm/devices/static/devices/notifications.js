// The button that allows notifications on this device: shown where the browser can, asked for only when it is pressed.
(function () {
    "use strict";
    const block = document.querySelector("[data-notifications]");
    if (!block || !("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
    const form = block.querySelector("form");
    const button = form.querySelector("button");
    const key = bytes(block.dataset.key);

    function bytes(text) {
        const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
        return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
    }

    function say(name) {
        block.querySelectorAll("[data-said]").forEach((one) => { one.hidden = one.dataset.said !== name; });
    }

    function isOurs(subscription) {
        const theirs = new Uint8Array(subscription.options.applicationServerKey || []);
        return theirs.length === key.length && theirs.every((byte, place) => byte === key[place]);
    }

    async function mark(subscription) {
        const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint));
        return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    }

    // The line of this device in the list, which then needs no button.
    async function found() {
        const registration = await navigator.serviceWorker.getRegistration("/");
        const subscription = registration && await registration.pushManager.getSubscription();
        if (!subscription || !isOurs(subscription)) return null;
        return document.querySelector("[data-device='" + await mark(subscription) + "']");
    }

    async function subscribe() {
        await navigator.serviceWorker.register(block.dataset.worker);
        const manager = (await navigator.serviceWorker.ready).pushManager;
        const present = await manager.getSubscription();
        if (present && isOurs(present)) return present;
        if (present) await present.unsubscribe();
        return manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    }

    async function allow() {
        if (await Notification.requestPermission() !== "granted") { say("denied"); return; }
        const subscription = (await subscribe()).toJSON();
        const body = new URLSearchParams(new FormData(form));
        body.set("endpoint", subscription.endpoint);
        body.set("p256dh", subscription.keys.p256dh);
        body.set("auth", subscription.keys.auth);
        const answer = await fetch(form.action, { method: "POST", body: body });
        if (answer.status === 201) location.reload(); else say(answer.status === 400 ? "unknown" : "failed");
    }

    form.addEventListener("submit", function (event) {
        event.preventDefault();
        button.disabled = true;
        say("");
        allow().catch(function () { say("failed"); }).finally(function () { button.disabled = false; });
    });

    found().catch(() => null).then(function (line) {
        if (line) { line.querySelector("[data-here]").hidden = false; return; }
        block.hidden = false;
        if (Notification.permission === "denied") { form.hidden = true; say("denied"); }
    });
})();
