// In a narrow window each row of a list is a card, whose values stand beside the names of their columns.

const names = [...document.querySelectorAll("#result_list thead th")].map(
  (cell) => cell.querySelector(".text")?.textContent.trim() || "",
);
for (const row of document.querySelectorAll("#result_list tbody tr")) {
  [...row.cells].forEach((cell, index) => {
    cell.dataset.name = names[index];
    cell.classList.toggle("is-empty", ["", "-"].includes(cell.textContent.trim()) && !cell.querySelector("img, input"));
  });
}
