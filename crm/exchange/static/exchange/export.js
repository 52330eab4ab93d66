// Shows the columns of the chosen content only, and a box that ticks or unticks them all; without this script all are
// shown, and those of the choice count.
"use strict";
const choice = document.getElementById("id_resource");
const groups = document.querySelectorAll(".export-columns");
function show() {
  for (const group of groups) group.hidden = group.dataset.resource !== choice.value;
}
if (choice && groups.length > 1) {
  choice.addEventListener("change", show);
  show();
}
for (const group of groups) {
  const all = group.querySelector("[data-all]");
  const boxes = [...group.querySelectorAll(".export-grid input[type=checkbox]")];
  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && !all.checked;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  group.addEventListener("change", tell);
  all.parentElement.hidden = false;
  tell();
}
