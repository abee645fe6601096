// Requires every entry, and says what each has to offer.
const shown = {};
for (const name of ["", "/redis", "/typeorm", "/testing"]) {
  const entry = `assignment-engine${name}`;
  shown[entry] = Object.keys(require(entry)).sort();
}
try {
  require("assignment-engine/nestjs");
  shown["assignment-engine/nestjs"] = "loaded";
} catch (error) {
  shown["assignment-engine/nestjs"] = `${error.code}: ${error.message.split("\n")[0]}`;
}
shown.version = require("assignment-engine/package.json").version;
console.log(JSON.stringify(shown));
