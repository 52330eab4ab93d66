{% load static %}// What the browser runs when a notification arrives, and when somebody touches it. It reads and keeps nothing else.
"use strict";
self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

self.addEventListener("push", function (event) {
    let said = {};
    try { said = event.data.json(); } catch (error) { /* A notification without a text is still shown. */ }
    event.waitUntil(self.registration.showNotification(said.title || "{{ organisation.name|escapejs }}", {
        body: said.body || "",
        tag: said.tag || "",
        icon: "{% static 'backoffice/icon.svg' %}",
        data: { url: said.url || "/" },
    }));
});

self.addEventListener("notificationclick", function (event) {
    event.notification.close();
    const page = new URL(event.notification.data.url, self.location.origin);
    if (page.origin !== self.location.origin) return;
    event.waitUntil(self.clients.matchAll({ type: "window" }).then(function (windows) {
        const open = windows.find((one) => one.url === page.href);
        return open ? open.focus() : self.clients.openWindow(page.href);
    }));
});
