// Tables that sort by a click on a column's head.

// `columns` are {head, value(row), show(row), number}; a row's value sorts it, what show gives is printed.
export function table(rows, columns) {
  const element = document.createElement("table");
  const head = element.createTHead().insertRow();
  const body = element.createTBody();
  const draw = (sorted) => {
    body.replaceChildren(
      ...sorted.map((row) => {
        const line = document.createElement("tr");
        for (const column of columns) {
          const cell = line.insertCell();
          cell.append((column.show ?? column.value)(row) ?? "");
          if (column.number) cell.className = "number";
        }
        return line;
      }),
    );
  };
  columns.forEach((column) => {
    const cell = document.createElement("th");
    cell.textContent = column.head;
    cell.scope = "col";
    cell.title = "sort by this column";
    if (column.number) cell.className = "number";
    let sign = -1;
    cell.addEventListener("click", () => {
      sign = -sign;
      draw(
        [...rows].sort((a, b) => {
          const [left, right] = [column.value(a) ?? "", column.value(b) ?? ""];
          return sign * (left < right ? -1 : left > right ? 1 : 0);
        }),
      );
    });
    head.append(cell);
  });
  draw(rows);
  const scroll = document.createElement("div");
  scroll.className = "scroll";
  scroll.tabIndex = 0;
  scroll.append(element);
  return scroll;
}
