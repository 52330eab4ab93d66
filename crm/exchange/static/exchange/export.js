// Shows the columns of the chosen content only; without this script all are shown, and those of the choice count.
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
