// Sends the "Go on" form of the progress page again and again, and shows how far the work has come.
// Without this script the button of the form does the same, one step at a time.
(() => {
    const form = document.querySelector("form[data-advance]");
    if (!form) {
        return;
    }
    const bar = document.querySelector("progress");
    const text = document.querySelector("[data-progress-text]");
    const trouble = document.querySelector("[data-progress-trouble]");
    form.querySelector("button").hidden = true;
    let patience = 1000;

    const step = async () => {
        try {
            const response = await fetch(form.action, {
                method: "POST",
                body: new FormData(form),
                headers: { Accept: "application/json" },
                credentials: "same-origin",
            });
            if (!response.ok || response.redirected) {
                throw new Error(String(response.status));
            }
            const state = await response.json();
            trouble.hidden = true;
            patience = 1000;
            bar.value = state.percent;
            text.textContent = state.text;
            if (!state.at_work) {
                window.location.reload();
                return;
            }
            setTimeout(step, 150);
        } catch (error) {
            trouble.hidden = false;
            patience = Math.min(patience * 2, 30000);
            setTimeout(step, patience);
        }
    };
    step();
})();
