// page_test.mjs GAGGLE CHROMIUM SOURCE SCREENSHOTS: gaggle report's pages in a real Chromium. GAGGLE imports the published
// files of the folder SOURCE and writes the page; every number that is looked for is computed here from the same files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [gaggle, chromium, source, screenshots] = process.argv.slice(2);
const published = join(source, "tests/data/published");
if (!chromium || chromium.endsWith("NOTFOUND")) {
  console.log("left out: there is no Chromium on this machine");
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), "gaggle-page."));
mkdirSync(screenshots, { recursive: true });

const run = (store, ...words) =>
  execFileSync(gaggle, ["--store", join(folder, store), ...words], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, SLURM_CONF: "/nonexistent" },
  });

function times(name) {
  return readFileSync(join(published, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [environment, interpreters, nodes, total, time] = line.split("|");
      return {
        environment,
        interpreters: Number(interpreters),
        nodes: Number(nodes),
        total: Number(total),
        time: Number(time),
      };
    });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const seconds = (value) => `${value.toPrecision(3)} s`; // for values of 1 to 999, as all here

// Fails the test if the page says an error, or asks for anything but itself.
async function open(browser, file, seen) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900, deviceScaleFactor: 1 });
  page.on("console", (message) => ["error", "warning", "warn"].includes(message.type()) && seen.push(message.text()));
  page.on("pageerror", (error) => seen.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (url !== pathToFileURL(file).href && !/^(data|blob):/.test(url)) seen.push(`request: ${url}`);
  });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  return page;
}

const count = (page, selector) => page.$$eval(selector, (found) => found.length);
const text = (page, selector) => page.$eval(selector, (found) => found.textContent);
const pointsOf = (id) => `#figure-${id} .points > *`;

async function tipAt(page, box) {
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForSelector('#figure-individual g[aria-label="tip"] text', { timeout: 5000 });
  return page.$$eval('#figure-individual g[aria-label="tip"] text', (found) =>
    [...found[0].querySelectorAll("tspan")].map((line) => line.textContent.replace(/\u200b/g, "")).join("\n"),
  );
}

async function boxesTellMedians(page) {
  const rows = times("individual_time.bcp");
  const titles = await page.$$eval("#figure-individual .strip", (strips) => strips.map((strip) => strip.textContent));
  assert.deepEqual(titles, ["py_conda", "py_container"]);
  const panels = await page.$$("#figure-individual .panel");
  for (const [i, environment] of titles.entries()) {
    const own = rows.filter((row) => row.environment === environment);
    const totals = [...new Set(own.map((row) => row.total))].sort((a, b) => a - b);
    const boxes = await panels[i].$$(".boxes > *");
    assert.equal(boxes.length, totals.length);
    for (const [place, total] of totals.entries()) {
      const there = own.filter((row) => row.total === total);
      await boxes[place].scrollIntoView();
      const said = await tipAt(page, await boxes[place].boundingBox());
      assert.match(
        said,
        new RegExp(
          `^${environment}\n${total.toLocaleString("en")} interpreters in all, ${there.length.toLocaleString("en")} gaggles\n`,
        ),
      );
      assert.ok(said.includes(`\nmedian ${seconds(median(there.map((row) => row.time)))}\n`), said);
    }
    await page.mouse.move(1, 1);
  }
}

// The time at so many nodes by least squares on logarithms; t for 12 repetitions is from the table of Student's.
async function predictsWhatTheLawSays(page) {
  await page.$eval("#predicted-nodes", (input) => {
    input.value = "640";
    input.dispatchEvent(new Event("input"));
  });
  const points = times("overall_time.bcp")
    .filter((row) => row.environment === "py_conda" && row.interpreters === 16)
    .map((row) => [Math.log(row.nodes), Math.log(row.time)]);
  assert.equal(points.length, 12);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [0, 1].map((axis) => mean(points.map((point) => point[axis])));
  const xx = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  const slope = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / xx;
  const residual = Math.sqrt(points.reduce((sum, point) => sum + (point[1] - y - slope * (point[0] - x)) ** 2, 0) / 10);
  const at = y + slope * (Math.log(640) - x);
  const width = 2.228138852 * residual * Math.sqrt(1 + 1 / 12 + (Math.log(640) - x) ** 2 / xx);
  const said = await text(page, ".predictions li");
  assert.ok(
    said.startsWith(
      `py_conda on 640 nodes × 16: ${seconds(Math.exp(at))} (95 % of runs within ` +
        `${seconds(Math.exp(at - width))} to ${seconds(Math.exp(at + width))}`,
    ),
    said,
  );
  assert.match(said, /measured from 10 to 320 nodes, so this is an extrapolation/);
}

async function downloads(page, browser) {
  const session = await browser.target().createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, eventsEnabled: true });
  for (const kind of ["svg", "png"]) {
    const done = new Promise((resolve) =>
      session.on("Browser.downloadProgress", (event) => event.state === "completed" && resolve()),
    );
    await page.evaluate(
      (name) =>
        [...document.querySelectorAll("#overall .download button")]
          .find((button) => button.textContent.toLowerCase() === name)
          .click(),
      kind,
    );
    await done;
  }
  const svg = readFileSync(join(folder, "gaggle-overall.svg"), "utf8");
  assert.ok(!svg.includes("var("));
  const drawn = await page.evaluate((source) => {
    const parsed = new DOMParser().parseFromString(source, "image/svg+xml");
    return {
      wrong: parsed.querySelectorAll("parsererror").length,
      points: parsed.querySelectorAll(".points > *").length,
    };
  }, svg);
  assert.deepEqual(drawn, { wrong: 0, points: 136 });
  assert.equal(readFileSync(join(folder, "gaggle-overall.png")).subarray(1, 4).toString(), "PNG");
  assert.ok(statSync(join(folder, "gaggle-overall.png")).size > 20_000);
}

async function filtersAndThemes(page) {
  const clickLegend = (name) =>
    page.evaluate(
      (wanted) =>
        [...document.querySelectorAll("#legend button")].find((button) => button.textContent === wanted).click(),
      name,
    );
  await clickLegend("py_conda");
  assert.equal(await count(page, "#figure-overall .panel"), 1);
  assert.equal(await count(page, pointsOf("overall")), 77);
  assert.equal(await text(page, "#figure-individual .strip"), "py_container");
  await clickLegend("py_conda");
  await page.select("#overall select", "together");
  assert.equal(await count(page, "#figure-overall .panel"), 1);
  assert.equal(await count(page, pointsOf("overall")), 136);
  await page.select("#overall select", "environment");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  assert.notEqual(await ground(), light);
  await page.screenshot({ path: join(screenshots, "dark.png"), fullPage: true });
  await page.emulateMediaType("print");
  await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
  assert.equal(await ground(), light);
  await page.emulateMediaType("screen");
  await page.click("#theme");
  assert.equal(await text(page, "#theme"), "theme: light");
  assert.equal(await ground(), light);
}

async function publishedTimes(browser) {
  run("store", "import", "published", join(published, "overall_time.bcp"), join(published, "individual_time.bcp"));
  const file = join(folder, "published.html");
  run("store", "report", "-o", file);
  assert.ok(statSync(file).size < 2_000_000);
  const seen = [];
  const page = await open(browser, file, seen);
  assert.equal(await count(page, "#figure-overall .panel"), 2);
  assert.equal(await count(page, "#figure-individual .panel"), 2);
  assert.equal(await count(page, pointsOf("overall")), 136);
  assert.match(
    await text(page, "#glance"),
    /5,120 interpreters at once \(320 nodes × 16\) py_conda takes 134 s, py_container takes 13\.3 s.*10\.1 times faster/,
  );
  assert.match(await text(page, "#individual p"), /All 13,380 gaggles are drawn/);
  assert.match(await text(page, "#failures"), /Nothing failed/);
  await page.screenshot({ path: join(screenshots, "light.png"), fullPage: true });
  await boxesTellMedians(page);
  await predictsWhatTheLawSays(page);
  await downloads(page, browser);
  await filtersAndThemes(page);
  await page.close();
  assert.deepEqual(seen, []);
}

// What gaggle measured itself, beside what was published, with an environment that fails.
async function ownTimes(browser) {
  writeFileSync(
    join(folder, "own.toml"),
    `name = "own"
nodes = [1, 2]
interpreters = [1, 2]
repetitions = 2
imports = ["json", "decimal"]
[[environment]]
name = "python"
kind = "system"
[[environment]]
name = "broken"
kind = "system"
env = { PYTHONHOME = "/nonexistent <b>&" }
`,
  );
  assert.throws(() => run("store", "run", join(folder, "own.toml")), { status: 1 });
  const file = join(folder, "own.html");
  run("store", "report", "--output", file);
  const seen = [];
  const page = await open(browser, file, seen);
  const series = await page.$$eval("#legend button", (buttons) => buttons.map((button) => button.textContent));
  assert.deepEqual(series, ["published: py_conda", "published: py_container", "own: python", "own: broken"]);
  assert.equal(await count(page, "#figure-overall .panel"), 3);
  assert.equal(await count(page, pointsOf("overall")), 136 + 8);
  assert.equal(await count(page, "#figure-phases .panel"), 1);
  assert.equal(await count(page, "#figure-phases .phases > *"), 4 * 4);
  assert.equal(await count(page, "#figure-imports .imports > *"), 2);
  assert.match(await text(page, "#failures p"), /^\d+ troubles/);
  assert.match(await text(page, "#failures table"), /own: broken/);
  assert.match(await text(page, "#spread table"), /own: python/);
  assert.match(await text(page, "#provenance"), /interpreter/);
  await page.screenshot({ path: join(screenshots, "own.png"), fullPage: true });
  const stacked = Number(
    run(
      "store",
      "sql",
      "--format",
      "bcp",
      "SELECT sum(duration_s) / count(DISTINCT gaggle_id || ' ' || interpreter) " +
        "FROM phases WHERE environment = 'python' AND nodes = 2 AND interpreters = 2 AND phase <> 'spawn'",
    ),
  );
  const parts = await page.evaluate(() => {
    const data = JSON.parse(document.getElementById("data").textContent).phases;
    return data.mean_s
      .filter(
        (_, i) =>
          data.nodes[i] === 2 && data.interpreters[i] === 2 && data.phase.levels[data.phase.codes[i]] !== "spawn",
      )
      .reduce((sum, value) => sum + value, 0);
  });
  assert.ok(Math.abs(parts - stacked) < 1e-5 * stacked, `${parts} against ${stacked}`);
  await page.close();
  assert.deepEqual(seen, []);

  assert.throws(
    () => run("store", "report", "-o", join(folder, "no/such/folder.html")),
    (error) => error.status === 2 && /--output: cannot write .*: No such file or directory/.test(error.stderr),
  );
  run("store", "report", "-o", file, "own");
  const alone = await open(browser, file, seen);
  assert.equal(await count(alone, pointsOf("overall")), 8);
  await alone.close();
  assert.deepEqual(seen, []);
}

// More times than are drawn: thinned by rank, both ends kept, boxes of all, and the page says so.
async function manyTimes(browser) {
  const file = join(folder, "individual_many.bcp");
  const all = new Map([
    [10, []],
    [20, []],
    [40, []],
  ]);
  for (const [nodes, own] of all) {
    for (let i = 0; i < (nodes === 10 ? 100 : 15_000); i += 1)
      own.push((nodes * (1 + ((i * 7919) % 15_013) / 1000)).toFixed(3));
  }
  const lines = [...all].flatMap(([nodes, own]) => own.map((time) => `py|1|${nodes}|${nodes}|${time}`));
  writeFileSync(file, `${lines.join("\n")}\n`);
  run("many", "import", "published", file);
  run("many", "report", "-o", join(folder, "many.html"));
  const seen = [];
  const page = await open(browser, join(folder, "many.html"), seen);
  const { individual, boxes } = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent));
  assert.deepEqual(boxes.gaggles, [100, 15_000, 15_000]);
  for (const [i, [nodes, own]] of [...all].entries()) {
    const drawn = individual.time_s.filter((_, row) => individual.total[row] === nodes);
    const sorted = own.map(Number).sort((a, b) => a - b);
    assert.equal(drawn.length, nodes === 10 ? 100 : 6_666);
    assert.deepEqual([drawn[0], drawn.at(-1)], [sorted[0], sorted.at(-1)]);
    assert.ok(Math.abs(median(drawn) / median(sorted) - 1) < 0.001);
    assert.equal(boxes.median_s[i], median(sorted));
  }
  assert.match(await text(page, "#individual p"), /Of 30,100 gaggles 13,432 are drawn as points/);
  await page.close();
  assert.deepEqual(seen, []);
}

// 1.3 million interpreters (many.sql): a small page that says what it left out, and boxes of all.
async function millions(browser) {
  const migrations = readdirSync(join(source, "sql/migrations")).sort().slice(0, 10);
  const schema = migrations.map((name) => readFileSync(join(source, "sql/migrations", name), "utf8"));
  mkdirSync(join(folder, "millions"));
  execFileSync("sqlite3", ["-bail", join(folder, "millions/results.db")], {
    input: ["BEGIN;", ...schema, "COMMIT;", readFileSync(join(source, "tests/report/many.sql"), "utf8")].join("\n"),
  });
  const file = join(folder, "millions.html");
  run("millions", "report", "-o", file);
  assert.ok(statSync(file).size < 10_000_000);
  const seen = [];
  const page = await open(browser, file, seen);
  assert.match(await text(page, "#about"), /1,308,160 interpreters started/);
  assert.equal(await count(page, "#figure-overall .panel"), 2);
  assert.equal(await count(page, pointsOf("overall")), 2 * 9 * 5);
  assert.equal(await count(page, "#figure-individual .boxes > *"), 2 * 9);
  const said = await text(page, "#individual p");
  const [, drawn] = said.match(/Of 81,760 gaggles ([\d,]+) are drawn as points/);
  assert.ok(Number(drawn.replace(",", "")) > 10_000 && Number(drawn.replace(",", "")) <= 20_000, said);
  const boxes = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent).boxes);
  let gaggle = 0;
  for (const [i, environment] of [1, 2].entries()) {
    for (let step = 0; step < 9; step += 1) {
      const nodes = 16 * 2 ** step;
      const last = Array.from({ length: 5 * nodes }, () => {
        gaggle += 1;
        const late = Array.from({ length: 16 }, (_, number) => (gaggle * 7919 + number * 104729) % 1000003);
        return (Math.trunc((nodes * 1e7) / environment) + Math.max(...late) * 1000) / 1e9;
      });
      const row = boxes.total.findIndex(
        (total, place) =>
          total === 16 * nodes && boxes.environment.levels[boxes.environment.codes[place]] === ["tree", "image"][i],
      );
      assert.equal(boxes.gaggles[row], 5 * nodes);
      assert.ok(Math.abs(boxes.median_s[row] / median(last) - 1) < 1e-5, `${boxes.median_s[row]} ${median(last)}`);
    }
  }
  await page.screenshot({ path: join(screenshots, "millions.png"), fullPage: true });
  await page.close();
  assert.deepEqual(seen, []);
}

const browser = await puppeteer.launch({
  executablePath: chromium,
  pipe: true,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"],
});
try {
  await publishedTimes(browser);
  await ownTimes(browser);
  await manyTimes(browser);
  await millions(browser);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
