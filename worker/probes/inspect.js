// Lines as worker/inspection.hpp has them. Node's packages belong to a project, not to the interpreter.
console.log("version\t" + process.versions.node);
console.log("build\t" + Object.entries(process.versions).map((pair) => pair.join(" ")).join(", "));
console.log("executable\t" + process.execPath);
console.log("end");
