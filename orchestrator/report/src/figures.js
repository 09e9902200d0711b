// The figures. Each takes the data and the series that are shown, and gives panels.
import * as Plot from "@observablehq/plot";
import { group, max, median, min } from "d3";
import { cloud, jittered, logDomain, panel, symbols, tip } from "./panel.js";
import { count, counted, interval, per, seconds } from "./words.js";

const totals = "Concurrent interpreters in all";

function dots(points, options = {}) {
  return [...group(points, (point) => point.series)].map(([series, own]) =>
    Plot.dot(own, {
      x: options.x ?? "total",
      y: "time_s",
      r: 4,
      symbol: symbols[series.index % symbols.length],
      fill: series.colour,
      stroke: "var(--panel)",
      strokeWidth: 0.7,
      className: "points",
    }),
  );
}

// Where there are too few sizes for a smooth, the medians joined.
function curveOf(data, series) {
  if (series.curve.length) return series.curve;
  const own = data.overall.filter((row) => row.series === series);
  return [...group(own, (row) => row.total)]
    .map(([x, rows]) => ({ x, y: median(rows, (row) => row.time_s) }))
    .sort((a, b) => a.x - b.x);
}

function smooth(data, series, strong) {
  const curve = Plot.line(curveOf(data, series), {
    x: "x",
    y: "y",
    stroke: series.colour,
    strokeWidth: strong ? 2.6 : 1.4,
    strokeOpacity: strong ? 1 : 0.75,
    strokeDasharray: strong ? null : "5,4",
    className: "smooth",
  });
  return curve;
}

function medianWords(cell) {
  const within = interval(cell.low_s, cell.high_s, seconds);
  return `median of ${cell.completed}: ${seconds(cell.median_s)}${within ? ` (95 %: ${within})` : ""}`;
}

export function overall(data, shown, by) {
  const points = data.overall.filter((row) => shown.has(row.series));
  const x = { domain: logDomain(points.map((row) => row.total)), label: totals };
  const y = { domain: logDomain(points.map((row) => row.time_s)), label: "Overall time [s]" };
  const cells = new Map(data.cells.map((row) => [`${row.series.index} ${row.nodes} ${row.interpreters}`, row]));
  const words = (row) =>
    `${row.series.name}\n${per(row.nodes, row.interpreters)} = ${counted(row.total, "interpreter")}\n` +
    `repetition ${row.repetition}: ${seconds(row.time_s)}\n` +
    medianWords(cells.get(`${row.series.index} ${row.nodes} ${row.interpreters}`));
  const one = (title, own, strong, width) => {
    const others = points.filter((row) => !own.includes(row)).map((row) => ({ x: row.total, y: row.time_s }));
    return panel({
      title,
      x,
      y,
      width,
      marks: [
        cloud(others, { colour: "var(--cloud)", opacity: 0.7, size: 6, layers: 1 }),
        ...[...shown].filter((series) => !strong.has(series)).map((series) => smooth(data, series, false)),
        ...dots(own),
        ...[...strong].map((series) => smooth(data, series, true)),
        tip(own, { x: "total", y: "time_s", title: words }),
      ],
    });
  };
  if (by === "environment") {
    const own = group(points, (row) => row.series);
    return [...shown]
      .filter((series) => own.has(series))
      .map((series) => one(series.name, own.get(series), new Set([series])));
  }
  if (by === "interpreters") {
    return [...group(points, (row) => row.interpreters)]
      .sort(([a], [b]) => a - b)
      .map(([interpreters, own]) => one(`${counted(interpreters, "interpreter")} per node`, own, new Set()));
  }
  return points.length ? [one("all environments", points, shown, 820)] : [];
}

function boxWords(box) {
  return (
    `${box.series.name}\n${counted(box.total, "interpreter")} in all, ${counted(box.gaggles, "gaggle")}\n` +
    `median ${seconds(box.median_s)}\nmiddle half ${interval(box.q1_s, box.q3_s, seconds)}\n` +
    `all ${interval(box.min_s, box.max_s, seconds)}`
  );
}

function boxMarks(boxes) {
  const sizes = [...new Set(boxes.map((box) => box.total))].sort((a, b) => a - b);
  const nearest = min(sizes.slice(1), (size, i) => size / sizes[i]) ?? 2;
  const half = Math.min(1.16, nearest ** 0.36);
  const ends = { x1: (box) => box.total / half, x2: (box) => box.total * half };
  const ink = { stroke: "var(--box)", strokeWidth: 1.2 };
  return [
    Plot.ruleX(boxes, { x: "total", y1: "low_s", y2: "q1_s", ...ink }),
    Plot.ruleX(boxes, { x: "total", y1: "q3_s", y2: "high_s", ...ink }),
    Plot.rect(boxes, {
      ...ends,
      y1: "q1_s",
      y2: "q3_s",
      fill: "var(--panel)",
      fillOpacity: 0.72,
      className: "boxes",
      ...ink,
    }),
    Plot.link(boxes, { ...ends, y1: "median_s", y2: "median_s", ...ink, strokeWidth: 2.6, className: "medians" }),
  ];
}

// The fewer points, the less they hide each other.
const faint = (points, least) => Math.min(0.8, Math.max(least, 300 / points.length));

export function individual(data, shown) {
  const rows = data.individual.filter((row) => shown.has(row.series));
  const points = rows.map((row, i) => ({ series: row.series, x: jittered(row.total, i), y: row.time_s }));
  const x = {
    domain: logDomain(
      rows.map((row) => row.total),
      1.35,
    ),
    label: totals,
  };
  const y = { domain: logDomain(rows.map((row) => row.time_s)), label: "Time of one node's gaggle [s]" };
  return [...shown]
    .map((series) => {
      const boxes = data.boxes.filter((box) => box.series === series);
      const own = points.filter((point) => point.series === series);
      return own.length === 0
        ? null
        : panel({
            title: series.name,
            x,
            y,
            marks: [
              cloud(points, { colour: "var(--cloud)", opacity: faint(points, 0.16), size: 4 }),
              cloud(own, { colour: series.colour, opacity: faint(own, 0.22), size: 4 }),
              ...boxMarks(boxes),
              tip(boxes, { x: "total", y: "median_s", title: boxWords }, Plot.pointerX),
            ],
          });
    })
    .filter(Boolean);
}

// What an interpreter does one after the other, from its release on; libraries are one part here.
export const parts = [
  { name: "exec", colour: "var(--s5)", what: "until the new program runs" },
  { name: "runtime", colour: "var(--s2)", what: "until the container or wrapper is up, where that is marked" },
  { name: "ready", colour: "var(--s0)", what: "until the language is ready" },
  { name: "imports", colour: "var(--s4)", what: "all imports" },
  { name: "exit", colour: "var(--s3)", what: "the last statement to the end of the process" },
];
const part = (phase) => (phase.startsWith("import ") ? "imports" : phase);
const size = (row) => `${count(row.nodes)} × ${count(row.interpreters)}`;

function bars(data, shown, x, make) {
  return [...shown]
    .map((series) => {
      const own = data.filter((row) => row.series === series);
      return own.length === 0 ? null : make(series, own, x);
    })
    .filter(Boolean);
}

export function phases(data, shown) {
  const rows = [];
  for (const own of group(
    data.phases.filter((row) => shown.has(row.series) && row.phase !== "spawn"),
    (row) => `${row.series.index} ${row.nodes} ${row.interpreters} ${part(row.phase)}`,
  ).values()) {
    rows.push({ ...own[0], part: part(own[0].phase), mean_s: own.reduce((sum, row) => sum + row.mean_s, 0) });
  }
  const sizes = [...new Map(rows.map((row) => [size(row), row])).values()]
    .sort((a, b) => a.total - b.total || a.nodes - b.nodes)
    .map(size);
  const most =
    max([...group(rows, (row) => `${row.series.index} ${size(row)}`).values()], (own) =>
      own.reduce((sum, row) => sum + row.mean_s, 0),
    ) ?? 1;
  const order = parts.map((one) => one.name);
  return bars(rows, shown, sizes, (series, own) =>
    panel({
      title: series.name,
      x: {
        type: "band",
        domain: sizes,
        label: "Nodes × interpreters per node",
        padding: 0.2,
        tickRotate: sizes.length > 8 ? -45 : 0,
        labelOffset: sizes.length > 8 ? 84 : 44,
      },
      y: { type: "linear", domain: [0, most * 1.05], label: "Mean time of an interpreter [s]" },
      marginBottom: sizes.length > 8 ? 92 : 52,
      marks: [
        Plot.barY(
          own,
          Plot.stackY({
            x: size,
            y: "mean_s",
            order,
            z: "part",
            className: "phases",
            fill: (row) => parts[order.indexOf(row.part)].colour,
            stroke: "var(--panel)",
            strokeWidth: 0.5,
          }),
        ),
        tip(
          own,
          Plot.stackY({
            x: size,
            y: "mean_s",
            order,
            z: "part",
            title: (row) =>
              `${series.name}, ${per(row.nodes, row.interpreters)}\n${row.part}: ${seconds(row.mean_s)} on average`,
          }),
        ),
      ],
    }),
  );
}

export function imports(data, shown, chosen) {
  const rows = data.phases
    .filter((row) => shown.has(row.series) && row.phase.startsWith("import ") && size(row) === chosen)
    .map((row) => ({ ...row, library: row.phase.slice("import ".length) }));
  const libraries = [...group(rows, (row) => row.library)]
    .sort(([, a], [, b]) => max(b, (row) => row.mean_s) - max(a, (row) => row.mean_s))
    .map(([library]) => library);
  const most = max(rows, (row) => row.mean_s) ?? 1;
  return bars(rows, shown, null, (series, own) =>
    panel({
      title: series.name,
      height: 90 + 26 * libraries.length,
      marginLeft: 110,
      x: { type: "linear", domain: [0, most * 1.05], label: "Mean time of the import [s]" },
      y: { type: "band", domain: libraries, label: null, padding: 0.25 },
      marks: [
        Plot.barX(own, { x: "mean_s", y: "library", fill: series.colour, className: "imports" }),
        tip(
          own,
          {
            x: "mean_s",
            y: "library",
            title: (row) =>
              `import ${row.library}\n${series.name}, ${per(row.nodes, row.interpreters)}\n${seconds(row.mean_s)} on average`,
          },
          Plot.pointerY,
        ),
      ],
    }),
  );
}

export const sizesOf = (data) =>
  [
    ...new Map(
      data.phases.filter((row) => row.phase.startsWith("import ")).map((row) => [size(row), row.total]),
    ).entries(),
  ]
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);

// What a law says of so many nodes: core/statistics.hpp has the same formula.
export function predict(law, nodes) {
  const time = law.factor * nodes ** law.exponent;
  if (law.t === undefined) return { time, low: null, high: null };
  const from_mean = Math.log(nodes) - law.mean_x;
  const width = law.t * law.residual * Math.sqrt(1 + 1 / law.points + from_mean ** 2 / law.sum_xx);
  return { time, low: time * Math.exp(-width), high: time * Math.exp(width) };
}

export function scaling(data, shown, interpreters, nodes) {
  const laws = [...shown]
    .map((series) => ({ series, law: series.laws.find((law) => law.interpreters === interpreters) }))
    .filter(({ law }) => law);
  const points = data.overall.filter((row) => shown.has(row.series) && row.interpreters === interpreters);
  const sizes = [...points.map((row) => row.nodes), nodes];
  const [low, high] = logDomain(sizes);
  const places = Array.from({ length: 50 }, (_, i) => low * (high / low) ** (i / 49));
  const lines = laws.map(({ series, law }) => ({ series, law, line: places.map((x) => ({ x, ...predict(law, x) })) }));
  const at = laws.map(({ series, law }) => ({ series, nodes, ...predict(law, nodes) }));
  const values = [
    ...points.map((row) => row.time_s),
    ...lines.flatMap(({ line }) => line.flatMap((p) => [p.low, p.high, p.time])),
  ];
  const y = { domain: logDomain(values, 1.05), label: "Overall time [s]" };
  return points.length === 0
    ? []
    : [
        panel({
          title: `${counted(interpreters, "interpreter")} per node`,
          width: 820,
          x: { domain: [low, high], label: "Nodes" },
          y,
          marks: [
            ...lines
              .filter(({ law }) => law.t !== undefined)
              .map(({ series, line }) =>
                Plot.areaY(line, { x: "x", y1: "low", y2: "high", fill: series.colour, fillOpacity: 0.13 }),
              ),
            ...lines.map(({ series, line, law }) =>
              Plot.line(
                line.filter((p) => p.x <= law.most_nodes && p.x >= law.least_nodes),
                { x: "x", y: "time", stroke: series.colour, strokeWidth: 2.4 },
              ),
            ),
            ...lines.map(({ series, line }) =>
              Plot.line(line, { x: "x", y: "time", stroke: series.colour, strokeWidth: 1.4, strokeDasharray: "4,4" }),
            ),
            Plot.ruleX([nodes], { stroke: "var(--faint)", strokeDasharray: "2,3" }),
            ...dots(points, { x: "nodes" }),
            ...at.map((one) =>
              Plot.dot([one], {
                x: "nodes",
                y: "time",
                r: 7,
                stroke: one.series.colour,
                strokeWidth: 2.5,
                fill: "var(--panel)",
              }),
            ),
            tip(points, {
              x: "nodes",
              y: "time_s",
              title: (row) =>
                `${row.series.name}\n${per(row.nodes, row.interpreters)}\nrepetition ${row.repetition}: ${seconds(row.time_s)}`,
            }),
          ],
        }),
      ];
}
