// The page of a mail's text: variables put at the caret by a click, and the text tried as it is being written.
(function () {
    "use strict";
    const desk = document.querySelector(".mail-desk");
    if (!desk) return;
    const editors = new Map();
    // Where one wrote last, in each language: a subject, or an editor.
    const places = new Map();

    const pane = () => desk.querySelector(".mail-text.active");
    const subjectOf = (text) => text.querySelector("input[name$='-subject']");
    const bodyOf = (text) => text.querySelector("textarea[name$='-body']");

    // The library's buttons have names in English only; the admin's catalogue holds ours.
    function translate(root) {
        root.querySelectorAll("[title]").forEach(function (button) {
            button.title = gettext(button.title);
            button.setAttribute("aria-label", button.title);
        });
        root.querySelectorAll(".prose-menubar__option > *").forEach(function (option) {
            option.textContent = gettext(option.textContent);
        });
    }

    document.addEventListener("prose-editor:ready", function (event) {
        const { editor, textarea } = event.detail;
        editors.set(textarea, editor);
        const label = document.querySelector(`label[for='${textarea.id}']`);
        editor.view.dom.setAttribute("role", "textbox");
        editor.view.dom.setAttribute("aria-multiline", "true");
        if (label) editor.view.dom.setAttribute("aria-label", label.textContent.trim());
        // After the library's own listener, which makes some buttons anew.
        editor.on("transaction", () => setTimeout(translate, 0, textarea.closest(".prose-editor")));
        editor.on("focus", () => places.set(textarea.closest(".mail-text"), editor));
    });
    desk.addEventListener("focusin", function (event) {
        if (event.target.matches("input[name$='-subject']")) places.set(event.target.closest(".mail-text"), event.target);
    });

    function insertInField(field, text) {
        field.focus();
        field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
        field.dispatchEvent(new Event("input", { bubbles: true }));
    }

    function insertInEditor(editor, variable, words) {
        const text = `{{ ${variable} }}`;
        const chain = editor.chain().focus();
        if (!words) chain.insertContent({ type: "text", text }).run();
        else if (!editor.state.selection.empty) chain.setLink({ href: text }).run();
        else chain.insertContent({ type: "text", text: words, marks: [{ type: "link", attrs: { href: text } }] }).unsetMark("link").run();
    }

    function insert(button) {
        const text = pane();
        const { variable } = button.dataset;
        const words = button.getAttribute(`data-words-${text.dataset.language}`);
        const editor = editors.get(bodyOf(text));
        const place = places.get(text) || editor;
        if (place === editor || words) insertInEditor(editor, variable, words);
        else insertInField(place, `{{ ${variable} }}`);
    }

    document.querySelectorAll(".mail-variable").forEach(function (button) {
        // The caret stays where it is.
        button.addEventListener("mousedown", (event) => event.preventDefault());
        button.addEventListener("click", () => insert(button));
    });

    async function tryIt(button) {
        const text = pane();
        const result = document.getElementById("mail-trial-result");
        const data = new FormData();
        data.set(button.dataset.trial, "yes");
        data.set("language", text.dataset.language);
        data.set("subject", subjectOf(text).value);
        data.set("body", bodyOf(text).value);
        data.set("client", document.getElementById("id_client").value);
        data.set("csrfmiddlewaretoken", document.querySelector("input[name=csrfmiddlewaretoken]").value);
        button.disabled = true;
        result.setAttribute("aria-busy", "true");
        try {
            const answer = await fetch(desk.dataset.try, { method: "POST", body: data, credentials: "same-origin" });
            if (!answer.ok || answer.redirected) throw new Error(answer.status);
            result.innerHTML = await answer.text();
        } catch {
            result.textContent = result.dataset.failure;
        }
        result.removeAttribute("aria-busy");
        button.disabled = false;
        result.scrollIntoView({ block: "nearest" });
    }

    document.querySelectorAll("[data-trial]").forEach((button) => button.addEventListener("click", () => tryIt(button)));
})();
