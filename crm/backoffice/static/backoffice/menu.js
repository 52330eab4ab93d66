// The menu: shown or hidden by its button, and the entry of the present page marked.
(function () {
    "use strict";
    const KEY = "menu-is-hidden";
    const body = document.body;
    const button = document.querySelector("[data-menu]");
    const isWide = () => window.matchMedia("(min-width: 992px)").matches;

    function say() {
        const isShown = isWide() ? !body.classList.contains("sidebar-collapse") : body.classList.contains("sidebar-open");
        button.setAttribute("aria-expanded", String(isShown));
    }

    if (button) {
        if (isWide() && localStorage.getItem(KEY)) body.classList.add("sidebar-collapse");
        button.addEventListener("click", function () {
            if (isWide()) {
                const isHidden = body.classList.toggle("sidebar-collapse");
                if (isHidden) localStorage.setItem(KEY, "yes"); else localStorage.removeItem(KEY);
            } else {
                body.classList.remove("sidebar-collapse");
                body.classList.toggle("sidebar-open");
            }
            say();
        });
        document.getElementById("content").addEventListener("click", function () {
            if (!isWide()) { body.classList.remove("sidebar-open"); say(); }
        });
        say();
    }

    const here = window.location;
    const links = Array.from(document.querySelectorAll("#jazzy-navigation a"));
    const length = (link) => link.pathname.length + (link.search ? 1000 : 0);
    const fits = (link) => here.pathname.startsWith(link.pathname) && (!link.search || here.search === link.search);
    const isHome = (link) => link.pathname === links[0].pathname && here.pathname !== link.pathname;
    const present = links.filter((link) => fits(link) && !isHome(link)).sort((a, b) => length(b) - length(a))[0];
    if (present) {
        present.classList.add("active");
        present.setAttribute("aria-current", "page");
    }
})();
