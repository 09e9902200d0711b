// The Node.js probe (see worker/probe.hpp). fs and url are built in and loaded before any program runs.
{
  const ready = process.hrtime.bigint();
  const { writeSync } = require("fs");
  const [fd, , , ...names] = process.argv.splice(1);
  const mark = (text, at = process.hrtime.bigint()) => writeSync(Number(fd), `${text}\t${at}\n`);
  mark("ready", ready);
  mark(`probe\tCLOCK_MONOTONIC\t1\t${process.versions.node}`);

  // require first; what is an ES module only says so, and is then imported from where require found it.
  const only_esm = ["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE"];
  const load = (name) => {
    try {
      require(name);
    } catch (trouble) {
      if (!only_esm.includes(trouble.code)) throw trouble;
      return import(require("url").pathToFileURL(require.resolve(name)).href);
    }
  };
  (async () => {
    for (const name of names) {
      try {
        const coming = load(name);
        if (coming) await coming;
      } catch (trouble) {
        const words = String(trouble).split("\n")[0].replace(/\t/g, " ");
        mark(`error\timport ${name}: ${words}`);
        process.nextTick(() => { throw trouble; });
        return;
      }
      mark(`import ${name}`);
    }
  })();
}
