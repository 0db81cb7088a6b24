/* The page that compares pictures: a table that can be sorted, and a view of one row, large.
 * It follows slider.js in the same script. All texts come as text nodes, never as markup.
 */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.getElementById("pictures");
  const body = table.tBodies[0];
  const said = document.getElementById("said");

  /* Sorting */

  const valueIn = (row, at) => {
    const cell = row.querySelector(`[data-at="${at}"]`);
    return cell && cell.dataset.value !== undefined ? Number(cell.dataset.value) : NaN;
  };

  function sortBy(header) {
    const rises = header.getAttribute("aria-sort") === "none"
      ? header.dataset.begins !== "descending"
      : header.getAttribute("aria-sort") !== "ascending";
    for (const other of table.querySelectorAll("[aria-sort]")) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", rises ? "ascending" : "descending");
    const sign = rises ? 1 : -1;
    const keyed = [...body.rows].map((row) => [valueIn(row, header.dataset.sorts), row]);
    keyed.sort(([a, first], [b, second]) => {
      const none = Number.isNaN(a) - Number.isNaN(b); // what has no value is last, either way
      return none || sign * (a - b) || first.dataset.row - second.dataset.row;
    });
    body.append(...keyed.map(([, row]) => row));
    said.textContent = `Sorted by ${header.dataset.title}, ${rises ? "ascending" : "descending"}`;
  }

  table.tHead.addEventListener("click", (event) => {
    const header = event.target.closest("[aria-sort]");
    if (header && event.target.closest("button")) sortBy(header);
  });

  /* Which figures are shown */

  function showFigures(group, shown) {
    for (const cell of table.querySelectorAll(`[data-group="${group}"]`)) cell.hidden = !shown;
  }

  for (const box of document.querySelectorAll("input[data-shows]")) {
    showFigures(box.dataset.shows, box.checked); // browsers keep what was checked before a reload
    box.addEventListener("change", () => showFigures(box.dataset.shows, box.checked));
  }

  /* One row, large */

  const dialog = document.getElementById("view");
  const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
  const stage = part("stage");
  const side = part("side");
  const left = part("left");
  const right = part("right");
  const slider = stage.querySelector(".ba-split");
  const view = new ZoomView();
  const split = beforeAfter(stage, view);
  view.attach(side);
  let row = null; // the table row that is shown
  let blinking = false;

  data.columns.forEach((label, column) => {
    for (const select of [left, right]) select.append(new Option(label, column));
    const figure = document.createElement("figure");
    const pane = document.createElement("div");
    const caption = document.createElement("figcaption");
    pane.className = "ba-pane";
    caption.textContent = label;
    figure.append(pane, caption);
    side.append(figure);
  });

  const cellOf = (column) => data.rows[row.dataset.row].cells[column];

  function sourceOf(column) {
    const stored = document.getElementById(`p${row.dataset.row}-${column}`);
    if (stored) return `data:image/jpeg;base64,${stored.textContent}`;
    const small = row.querySelector(`[data-column="${column}"] img`); // the page is still loading
    return small ? small.src : null;
  }

  function fill(pane, column) {
    const cell = cellOf(column);
    pane.replaceChildren();
    if (cell.width) {
      const image = document.createElement("img");
      image.alt = `${data.rows[row.dataset.row].name}, ${data.columns[column]}`;
      image.src = sourceOf(column);
      image.draggable = false;
      pane.append(image);
    } else {
      const none = document.createElement("p");
      none.className = "none";
      none.textContent = `${data.columns[column]}: ${cell.problem || "no picture of this name"}`;
      pane.append(none);
    }
  }

  function svg(tag, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function histogramOf(cell, label) {
    const bins = data.bins;
    const root = svg("svg", {
      viewBox: `0 0 ${bins} 32`, preserveAspectRatio: "none", role: "img", "aria-label": label,
    });
    ["r", "g", "b", "y"].forEach((name, channel) => {
      let path = "M0 32";
      for (let bin = 0; bin < bins; bin += 1) {
        const at = 2 * (channel * bins + bin);
        const height = parseInt(cell.histogram.slice(at, at + 2), 16) / 8;
        path += `L${bin} ${32 - height}L${bin + 1} ${32 - height}`;
      }
      root.append(svg("path", { class: name, d: `${path}L${bins} 32Z` }));
    });
    return root;
  }

  function figuresOf(column) {
    const cell = cellOf(column);
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const label = data.columns[column];
    const lines = cell.width ? [`${cell.width} × ${cell.height} pixels`, ...cell.figures] : [];
    if (cell.width) figure.append(histogramOf(cell, `Histogram of ${label}: ${lines.join(", ")}`));
    if (cell.problem) lines.push(cell.problem);
    if (!lines.length) lines.push("no picture of this name");
    const strong = document.createElement("strong");
    strong.textContent = label;
    caption.append(strong, `: ${lines.join(" · ")}`);
    figure.append(caption);
    return figure;
  }

  function show() {
    const sided = part("sided").getAttribute("aria-pressed") === "true";
    const [one, two] = [Number(left.value), Number(right.value)];
    const shown = sided ? data.columns.map((_, column) => column) : [one, two];
    const first = shown.map(cellOf).find((cell) => cell.width);
    const ratio = first ? first.width / first.height : 1.5;
    for (const root of [stage, side]) {
      root.style.setProperty("--ratio", Math.min(5, Math.max(0.2, ratio)));
    }
    stage.hidden = sided;
    side.hidden = !sided;
    left.disabled = right.disabled = sided;
    const panes = sided ? side.querySelectorAll(".ba-pane") : stage.querySelectorAll(".ba-pane");
    shown.forEach((column, place) => fill(panes[place], column));
    for (const pane of (sided ? stage : side).querySelectorAll(".ba-pane")) pane.replaceChildren();
    stage.dataset.before = data.columns[one];
    stage.dataset.after = data.columns[two];
    stage.querySelector(".tag.left").textContent = data.columns[one];
    stage.querySelector(".tag.right").textContent = data.columns[two];
    slider.dispatchEvent(new Event("input"));
    part("figures").replaceChildren(...[...new Set(shown)].map(figuresOf));
    const rows = [...body.rows];
    part("name").textContent = data.rows[row.dataset.row].name;
    part("place").textContent = `${rows.indexOf(row) + 1} of ${rows.length}`;
  }

  function open(of, column) {
    row = of;
    const last = data.columns.length - (data.reference ? 2 : 1);
    if (left.value === "" || left.value === right.value) left.value = "0";
    if (column !== undefined && column !== left.value) right.value = column;
    else if (right.value === left.value) right.value = String(Math.max(1, last));
    view.reset();
    if (!dialog.open) dialog.showModal();
    show();
    (stage.hidden ? side : slider).focus();
  }

  function step(by) {
    const rows = [...body.rows];
    const next = rows[rows.indexOf(row) + by];
    if (next) open(next);
  }

  function press(button) {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    show();
    (stage.hidden ? side : slider).focus();
  }

  function blink() {
    blinking = !blinking;
    split(blinking ? 1 : 0);
  }

  body.addEventListener("click", (event) => {
    const of = event.target.closest("tr");
    if (event.target.closest("th button")) open(of);
    else if (event.target.closest("img")) open(of, event.target.closest("td").dataset.column);
  });
  dialog.addEventListener("close", () => {
    for (const pane of dialog.querySelectorAll(".ba-pane")) pane.replaceChildren();
    if (row) row.querySelector("th button").focus();
  });
  const acts = {
    previous: () => step(-1),
    next: () => step(1),
    smaller: () => view.zoom(1 / 1.5),
    fit: () => view.reset(),
    larger: () => view.zoom(1.5),
    blink,
    sided: () => press(part("sided")),
    close: () => dialog.close(),
  };
  for (const [name, act] of Object.entries(acts)) part(name).addEventListener("click", act);
  for (const select of [left, right]) select.addEventListener("change", show);
  view.onchange = () => {
    part("fit").textContent = `${Math.round(100 * view.scale)} %`;
  };
  const keys = {
    n: acts.next, p: acts.previous, b: blink, s: acts.sided,
    "+": acts.larger, "=": acts.larger, "-": acts.smaller, 0: acts.fit,
  };
  dialog.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.tagName === "SELECT") return; // there, letters choose
    const digit = /^Digit([1-9])$/.exec(event.code);
    if (digit && Number(digit[1]) <= data.columns.length && !left.disabled) {
      (event.shiftKey ? left : right).value = String(digit[1] - 1);
      show();
    } else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (dialog.open) show(); // the large previews are there now
  });
})();
