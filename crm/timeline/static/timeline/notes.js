// The box of a rich note is called what its label says: the editor leaves it without a name.
document.addEventListener("prose-editor:ready", function (event) {
    "use strict";
    const field = event.target.closest(".form-field");
    const label = field && field.querySelector(".form-label");
    const box = field && field.querySelector(".ProseMirror");
    if (label && box) box.setAttribute("aria-label", label.textContent.trim());
});
