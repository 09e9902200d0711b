// The page's data: what `gaggle report` gathered, as rows. docs/report.md describes it.

function column(values) {
  return Array.isArray(values) ? values : values.codes.map((code) => (code < 0 ? null : values.levels[code]));
}

// An object of columns as an array of objects.
function rows(table) {
  const names = Object.keys(table);
  const columns = names.map((name) => column(table[name]));
  const count = columns.length ? columns[0].length : 0;
  return Array.from({ length: count }, (_, i) => Object.fromEntries(names.map((name, c) => [name, columns[c][i]])));
}

export function read(text) {
  const raw = JSON.parse(text);
  const data = { gaggle_version: raw.gaggle_version, written: raw.written };
  data.series = raw.series.map((series, index) => ({
    ...series,
    index,
    colour: `var(--s${index % 8})`,
    curve: series.curve.x.map((x, i) => ({ x, y: series.curve.y[i] })),
  }));
  const places = new Map(data.series.map((series) => [`${series.experiment_id} ${series.environment}`, series]));
  for (const [name, table] of Object.entries(raw)) {
    if (name in data) continue;
    data[name] = rows(table);
    for (const row of data[name]) row.series = places.get(`${row.experiment_id} ${row.environment}`) ?? null;
  }
  for (const series of data.series) {
    series.experiment = data.experiments.find((experiment) => experiment.id === series.experiment_id);
  }
  return data;
}
