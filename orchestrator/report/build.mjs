// build.mjs SOURCE PAGE: bundles SOURCE/main.js and SOURCE/style.css into SOURCE/page.html, written to PAGE: one file that
// needs nothing else. It stands beside the node_modules that it bundles from.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [source, page] = process.argv.slice(2);
const modules = join(dirname(fileURLToPath(import.meta.url)), "node_modules");

async function bundle(file) {
  const result = await build({
    entryPoints: [join(source, file)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    nodePaths: [modules],
    logLevel: "warning",
  });
  return result.outputFiles[0].text;
}

// The libraries' licences ask that their notices stay with every copy; many libraries share one text.
async function notices() {
  const lock = JSON.parse(await readFile(join(modules, ".package-lock.json"), "utf8"));
  const names = new Map();
  for (const [path, about] of Object.entries(lock.packages)) {
    if (about.dev || about.optional) continue;
    const folder = join(dirname(modules), path);
    const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
    const text = file ? (await readFile(join(folder, file), "utf8")).trim() : `Licence: ${about.license}`;
    names.set(text, [...(names.get(text) ?? []), `${path.replace(/^.*node_modules\//, "")} ${about.version}`]);
  }
  const all = [...names].map(([text, packages]) => `${packages.sort().join(", ")}\n\n${text}`);
  return all.join("\n\n\n").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

const [script, style, frame, used] = await Promise.all([
  bundle("main.js"),
  bundle("style.css"),
  readFile(join(source, "page.html"), "utf8"),
  notices(),
]);
const parts = {
  STYLE: style.trim(),
  SCRIPT: script.trim().replaceAll("</script", "<\\/script"),
  NOTICES: used,
};
await writeFile(
  page,
  frame.replace(/%(STYLE|SCRIPT|NOTICES)%/g, (_, name) => parts[name]),
);
