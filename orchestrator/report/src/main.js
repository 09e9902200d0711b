// The page: its sections, drawn again when the reader hides an environment or chooses something.
import { symbol } from "d3";
import { read } from "./data.js";
import { saveSvg, savePng } from "./download.js";
import * as figures from "./figures.js";
import { method } from "./method.js";
import { symbols } from "./panel.js";
import { table } from "./tables.js";
import { count, counted, interval, per, seconds, times } from "./words.js";

const data = read(document.getElementById("data").textContent);
const shown = new Set(data.series);
const redraw = [];

function make(kind, text, attributes = {}) {
  const element = document.createElement(kind);
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function section(id, title, words) {
  const element = make("section", "", { id });
  element.append(make("h2", title));
  for (const paragraph of [words].flat().filter(Boolean)) element.append(make("p", paragraph));
  document.getElementById("sections").append(element);
  return element;
}

function select(label, choices, chosen, change) {
  const element = make("label", `${label} `);
  const list = element.appendChild(make("select"));
  for (const [value, text] of choices) list.append(new Option(text, value, false, value === chosen));
  list.addEventListener("change", () => change(list.value));
  return element;
}

// A figure with its buttons; `draw` gives its panels.
function figure(parent, id, draw, controls = []) {
  const bar = parent.appendChild(make("div", "", { class: "controls" }));
  bar.append(...controls);
  const element = parent.appendChild(make("figure", "", { id: `figure-${id}` }));
  const panels = element.appendChild(make("div", "", { class: "panels" }));
  const buttons = bar.appendChild(make("span", "", { class: "download" }));
  for (const [name, save] of [
    ["SVG", saveSvg],
    ["PNG", savePng],
  ]) {
    const button = buttons.appendChild(
      make("button", name, { type: "button", title: `download this figure as ${name}` }),
    );
    button.addEventListener("click", () => save([...panels.children], `gaggle-${id}`));
  }
  const again = () => {
    const drawn = draw();
    panels.classList.toggle("one", drawn.length === 1);
    panels.replaceChildren(...drawn);
    for (const button of buttons.children) button.disabled = drawn.length === 0;
  };
  redraw.push(again);
  again();
  return again;
}

function drawnTable(parent, rows, columns) {
  const place = parent.appendChild(make("div"));
  const again = () =>
    place.replaceChildren(
      table(
        rows.filter((row) => row.series === null || shown.has(row.series)),
        columns,
      ),
    );
  redraw.push(again);
  again();
}

const of = {
  series: { head: "environment", value: (row) => row.series?.name },
  nodes: { head: "nodes", value: (row) => row.nodes, show: (row) => count(row.nodes), number: true },
  interpreters: {
    head: "per node",
    value: (row) => row.interpreters,
    show: (row) => count(row.interpreters),
    number: true,
  },
  total: { head: "in all", value: (row) => row.total, show: (row) => count(row.total), number: true },
  number: (head, name, show = count) => ({
    head,
    value: (row) => row[name],
    show: (row) => (row[name] === null ? "" : show(row[name])),
    number: true,
  }),
  text: (head, name) => ({ head, value: (row) => row[name] }),
  interval: (head, show) => ({
    head,
    value: (row) => row.low ?? row.low_s,
    show: (row) => interval(row.low ?? row.low_s, row.high ?? row.high_s, show),
    number: true,
  }),
};

function about() {
  const one = (experiment) => {
    const by = {
      imported: "published by others and imported",
      local: "run on one machine, without Slurm",
      slurm: "run by Slurm",
    };
    return (
      `${experiment.name} (experiment ${experiment.id}, ${by[experiment.launcher]}, ${experiment.created.slice(0, 10)}): ` +
      `${counted(experiment.cells, "cell")}, ${count(experiment.completed)} of ${counted(experiment.repetitions, "repetition")} completed` +
      (experiment.interpreters ? `, ${count(experiment.interpreters)} interpreters started` : "")
    );
  };
  document.getElementById("about").textContent =
    `${data.experiments.map(one).join("; ")}. Written ${data.written} by gaggle ${data.gaggle_version}.`;
  document.title = `gaggle report: ${data.experiments.map((experiment) => experiment.name).join(", ")}`;
}

function legend() {
  const element = document.getElementById("legend");
  for (const series of data.series) {
    const button = element.appendChild(make("button", "", { type: "button", "aria-pressed": "true" }));
    const path = symbol(symbols[series.index % symbols.length], 90)();
    button.innerHTML = `<svg viewBox="-7 -7 14 14" aria-hidden="true"><path d="${path}" fill="${series.colour}"/></svg>`;
    button.append(series.name);
    button.addEventListener("click", () => {
      if (!shown.delete(series)) {
        shown.add(series);
        const order = data.series.filter((one) => shown.has(one));
        shown.clear();
        order.forEach((one) => shown.add(one));
      }
      button.setAttribute("aria-pressed", String(shown.has(series)));
      redraw.forEach((again) => again());
    });
  }
}

function theme() {
  const button = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const order = ["system", "light", "dark"];
  let chosen = "system";
  let printing = false;
  const apply = () => {
    const name = printing ? "light" : chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
    document.documentElement.dataset.theme = name;
    button.textContent = `theme: ${chosen}`;
  };
  button.addEventListener("click", () => {
    chosen = order[(order.indexOf(chosen) + 1) % order.length];
    apply();
  });
  dark.addEventListener("change", apply);
  matchMedia("print").addEventListener("change", (event) => {
    printing = event.matches;
    apply();
  });
  apply();
}

// A speed-up in words; where its interval holds 1, nothing is said to be faster.
function compared(row) {
  const within = interval(row.low, row.high, times);
  if (row.low !== null && row.low <= 1 && row.high >= 1) {
    return `Between ${row.series.name} and ${row.baseline} there is no clear difference (ratio ${times(row.speedup)}, 95 %: ${within}).`;
  }
  const faster = row.speedup >= 1;
  return (
    `${row.series.name} is ${times(faster ? row.speedup : 1 / row.speedup)} times ${faster ? "faster" : "slower"} than ` +
    `${row.baseline} there${within && faster ? ` (95 %: ${within})` : ""}.`
  );
}

// The greatest size at which environments can be compared, in a sentence.
function glance() {
  const sentences = [];
  for (const experiment of data.experiments) {
    const cells = data.cells.filter((row) => row.experiment_id === experiment.id && row.median_s !== null);
    const most = Math.max(...cells.map((row) => row.total));
    const there = cells.filter((row) => row.total === most).sort((a, b) => b.median_s - a.median_s);
    if (there.length === 0) continue;
    const one = (row) => `${row.series.name} takes ${seconds(row.median_s)}`;
    const here = data.speedup.filter((row) => row.experiment_id === experiment.id && row.total === most);
    sentences.push(
      `With ${count(most)} interpreters at once (${per(there[0].nodes, there[0].interpreters)}) ` +
        `${there.map(one).join(", ")}, from the first start to the last exit (medians). ${here.map(compared).join(" ")}`,
    );
  }
  section("glance", "At a glance", sentences.length ? sentences : "No repetition has completed yet.");
}

function overall() {
  const own = section(
    "overall",
    "Overall time",
    "From the first start to the last exit over all nodes: what a job waits for. " +
      "Each symbol is one repetition; lines are a smooth through them (local regression), or join their medians where there are fewer than six sizes. Grey and dashed: the other panels'.",
  );
  let by = data.series.length <= 6 ? "environment" : "together";
  const choice = select(
    "one panel",
    [
      ["environment", "per environment"],
      ["interpreters", "per interpreters on a node"],
      ["together", "for all"],
    ],
    by,
    (value) => {
      by = value;
      again();
    },
  );
  const again = figure(own, "overall", () => figures.overall(data, shown, by), [choice]);
  const details = own.appendChild(make("details"));
  details.append(make("summary", "The numbers: every cell"));
  drawnTable(details, data.cells, [
    of.series,
    of.nodes,
    of.interpreters,
    of.total,
    of.number("completed", "completed"),
    of.number("failed", "failed"),
    of.number("median", "median_s", seconds),
    of.interval("95 % interval", seconds),
    of.number("min", "min_s", seconds),
    of.number("max", "max_s", seconds),
  ]);
}

function individual() {
  const gaggles = data.boxes.reduce((sum, box) => sum + box.gaggles, 0);
  const drawn = data.individual.length;
  const thinned =
    drawn < gaggles
      ? `Of ${count(gaggles)} gaggles ${count(drawn)} are drawn as points: of sizes with many, evenly spaced by rank, the fastest ` +
        "and the slowest among them. The boxes are of all."
      : `All ${count(gaggles)} gaggles are drawn.`;
  const own = section(
    "individual",
    "Individual times",
    "From the first start to the last exit on one node. Boxes: median and " +
      `middle half; whiskers reach to the last point within 1.5 boxes. Grey: all environments. ${thinned}`,
  );
  figure(own, "individual", () => figures.individual(data, shown));
}

function phases() {
  if (data.phases.length === 0) {
    section("phases", "Where the time goes", "Nothing is known of phases and imports: published times have none.");
    return;
  }
  const own = section(
    "phases",
    "Where the time goes",
    "Mean time of each part of an interpreter's life, over all interpreters " +
      "of completed repetitions. Means, so that the parts add up.",
  );
  const keys = own.appendChild(make("div", "", { class: "keys" }));
  for (const part of figures.parts) {
    const key = keys.appendChild(make("span"));
    key.append(make("i", "", { style: `background: ${part.colour}` }), `${part.name}: ${part.what}`);
  }
  figure(own, "phases", () => figures.phases(data, shown));
  const sizes = figures.sizesOf(data);
  if (sizes.length === 0) return;
  const libraries = section(
    "imports",
    "Import by import",
    "Mean time of each import; what a library imports itself is part of it, " + "and of the first to ask for it.",
  );
  let chosen = sizes[0];
  const choice = select(
    "nodes × interpreters",
    sizes.map((size) => [size, size]),
    chosen,
    (value) => {
      chosen = value;
      again();
    },
  );
  const again = figure(libraries, "imports", () => figures.imports(data, shown, chosen), [choice]);
}

function scaling() {
  const laws = data.series.flatMap((series) => series.laws.map((law) => ({ ...law, series })));
  if (laws.length === 0) {
    section("scaling", "How it grows", "A law of growth needs at least two numbers of nodes.");
    return;
  }
  const own = section("scaling", "How it grows", [
    "time = factor × nodes^exponent, fitted to all repetitions: an exponent of 0 does " +
      "not grow, 1 doubles with the nodes. R² near 1: it is such a law, and its prediction can be trusted near the sizes measured.",
  ]);
  const per_node = [...new Set(laws.map((law) => law.interpreters))].sort((a, b) => b - a);
  let interpreters = per_node[0];
  let nodes = 2 * Math.max(...laws.map((law) => law.most_nodes));
  const choice = select(
    "interpreters per node",
    per_node.map((n) => [String(n), count(n)]),
    String(interpreters),
    (value) => {
      interpreters = Number(value);
      again();
    },
  );
  const label = make("label", "predict for nodes: ");
  const input = label.appendChild(
    make("input", "", { type: "number", min: 1, step: 1, value: nodes, id: "predicted-nodes" }),
  );
  input.addEventListener("input", () => {
    if (Number.isInteger(input.valueAsNumber) && input.valueAsNumber > 0) {
      nodes = input.valueAsNumber;
      again();
    }
  });
  const list = make("ul", "", { class: "predictions", "aria-live": "polite" });
  const again = figure(
    own,
    "scaling",
    () => {
      list.replaceChildren(
        ...laws
          .filter((law) => law.interpreters === interpreters && shown.has(law.series))
          .map((law) => {
            const { time, low, high } = figures.predict(law, nodes);
            const within =
              low === null
                ? "no interval: too few repetitions or sizes"
                : `95 % of runs within ${interval(low, high, seconds)}`;
            const beyond =
              nodes > law.most_nodes || nodes < law.least_nodes
                ? `; measured from ${count(law.least_nodes)} to ${counted(law.most_nodes, "node")}, so this is an extrapolation`
                : "";
            const item = make("li");
            item.append(
              make("span", "", { class: "swatch", style: `background: ${law.series.colour}` }),
              `${law.series.name} on ${per(nodes, interpreters)}: ${seconds(time)} (${within}${beyond})`,
            );
            return item;
          }),
      );
      return figures.scaling(data, shown, interpreters, nodes);
    },
    [choice, label],
  );
  own.insertBefore(list, own.querySelector("figure"));
  drawnTable(own, laws, [
    of.series,
    of.interpreters,
    of.number("repetitions", "points"),
    {
      head: "nodes",
      value: (law) => law.most_nodes,
      show: (law) => `${count(law.least_nodes)} to ${count(law.most_nodes)}`,
      number: true,
    },
    of.number("exponent", "exponent", (value) => value.toFixed(3)),
    of.interval("95 % interval", (value) => value.toFixed(3)),
    of.number("R²", "r_squared", (value) => value.toFixed(3)),
    of.number("one node", "factor", seconds),
  ]);
}

function speedup() {
  if (data.speedup.length === 0) return;
  const imported = data.experiments.some((experiment) => experiment.launcher === "imported");
  const own = section(
    "speedup",
    "Speed-up",
    "How many times faster than the experiment's first environment with as many nodes and " +
      "interpreters: the median of the ratios of repetitions that belong together." +
      (imported
        ? " Of imported times it is not known which belong together: theirs is the ratio of medians, without an interval."
        : ""),
  );
  drawnTable(own, data.speedup, [
    of.series,
    of.text("against", "baseline"),
    of.nodes,
    of.interpreters,
    of.total,
    of.number("its median", "baseline_median_s", seconds),
    of.number("median", "median_s", seconds),
    of.number("pairs", "pairs"),
    of.number("times faster", "speedup", times),
    of.interval("95 % interval", times),
  ]);
}

function failures() {
  const number = data.failures.reduce((sum, row) => sum + row.times, 0);
  const own = section(
    "failures",
    "Failures",
    number === 0
      ? "Nothing failed."
      : `${counted(number, "trouble")}, those of one cell with the same reason counted together. What failed is in no other figure or table.`,
  );
  if (number === 0) return;
  drawnTable(own, data.failures, [
    of.series,
    of.nodes,
    of.interpreters,
    of.text("role", "role"),
    of.text("what", "subject"),
    of.text("outcome", "outcome"),
    of.number("times", "times"),
    {
      head: "nodes",
      value: (row) => row.different_nodes,
      show: (row) => (row.different_nodes > 1 ? count(row.different_nodes) : row.node_name),
    },
    of.text("reason", "detail"),
  ]);
}

function spread() {
  if (data.spread.length === 0) return;
  const own = section(
    "spread",
    "At once?",
    "How far apart the interpreters of a repetition started, over all nodes. Wide: more than a " +
      "tenth of their median duration; then the overall time measures the start as well. The clocks' uncertainty is the limit of what can be seen.",
  );
  drawnTable(own, data.spread, [
    of.series,
    of.nodes,
    of.interpreters,
    of.number("repetitions", "repetitions"),
    of.number("median", "median_s", seconds),
    of.number("max", "max_s", seconds),
    of.number("max / duration", "max_fraction", (value) => `${(100 * value).toFixed(1)} %`),
    of.number("wide", "wide"),
    of.number("clocks ±", "clock_uncertainty_s", seconds),
  ]);
}

function provenance() {
  const own = section("provenance", "Where it comes from", "");
  drawnTable(own, data.experiments, [
    of.text("experiment", "name"),
    of.number("id", "id"),
    of.text("by", "launcher"),
    of.text("planned or imported", "created"),
    of.text("gaggle", "gaggle_version"),
    of.text("start", "start"),
    of.text("cache", "cache"),
    of.number("seed", "seed", String),
    of.number("blocks", "blocks"),
    { head: "file (SHA-256)", value: (row) => row.file_sha256, show: (row) => row.file_sha256?.slice(0, 12) },
    { head: "worker (SHA-256)", value: (row) => row.worker_sha256, show: (row) => row.worker_sha256?.slice(0, 12) },
  ]);
  if (data.provenance.length === 0) return;
  own.append(
    make(
      "p",
      "What was so on the nodes, of the environments' files there, and of their interpreters. Two rows of one fact are nodes that differ.",
    ),
  );
  drawnTable(own, data.provenance, [
    { head: "experiment", value: (row) => data.experiments.find((one) => one.id === row.experiment_id).name },
    of.text("environment", "environment"),
    of.text("of", "subject"),
    of.text("fact", "fact"),
    of.text("value", "value"),
    of.number("on nodes", "nodes"),
  ]);
}

about();
theme();
legend();
glance();
overall();
individual();
phases();
scaling();
speedup();
failures();
spread();
provenance();
section("method", "How it was measured", method);
