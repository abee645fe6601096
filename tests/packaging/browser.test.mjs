// Pages in a real browser: with the module inside the code, and streamed by itself.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { consumer } from "./support/places.mjs";
import { run } from "./support/run.mjs";
import { serve } from "./support/server.mjs";

const cwd = consumer("browser");
const { chromium } = createRequire(join(cwd, "package.json"))("playwright-core");
let browser, server, profile;

before(async () => {
  await run(process.execPath, ["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"], {
    cwd,
  });
  server = await serve([
    ["/package/", join(cwd, "node_modules/assignment-engine")],
    ["/src/", join(cwd, "src")],
    ["/plain/", join(cwd, "plain")],
    ["/", join(cwd, "dist")],
  ]);
  profile = await mkdtemp(join(tmpdir(), "chromium-"));
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
  if (profile !== undefined) await rm(profile, { recursive: true, force: true });
});

/** Opens the page and tells what it shows, what it fetched, and what it complained of. */
async function open(path, address = server.address) {
  const page = await browser.newPage();
  const [fetched, complaints] = [[], []];
  page.on("response", (response) => {
    const type = response.headers()["content-type"];
    fetched.push(`${response.status()} ${new URL(response.url()).pathname} ${type}`);
  });
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    const { compileStreaming } = WebAssembly;
    WebAssembly.compileStreaming = (source) => {
      document.documentElement.dataset.streamed = "yes";
      return compileStreaming.call(WebAssembly, source);
    };
  });
  try {
    await page.goto(address + path);
    await page.waitForSelector("#shown[data-agent]", { timeout: 15_000 });
  } catch (error) {
    throw new Error([error.message, ...complaints, ...fetched].join("\n"));
  }
  const shown = await page.textContent("#shown");
  const { agent, wrong } = await page.$eval("#shown", ({ dataset }) => ({ ...dataset }));
  const streamed = await page.evaluate(() => document.documentElement.dataset.streamed === "yes");
  await page.close();
  return { shown, agent, wrong, streamed, fetched, complaints };
}

const modules = (fetched) => fetched.filter((line) => line.includes(".wasm"));

test("vite build, assignment-engine: decides and explains, and fetches no module", async (t) => {
  const { shown, agent, streamed, fetched, complaints } = await open("/inline.html");
  assert.deepEqual(complaints, []);
  assert.equal(agent, "ben");
  assert.match(shown, /^Session `chat-1` goes to Ben \(`ben`\)\.\n/);
  assert.match(shown, /Anna/, "what became of the others");
  assert.deepEqual(modules(fetched), []);
  assert.equal(streamed, false);
  t.diagnostic(shown.split("\n")[0]);
});

test("vite build, assignment-engine/web: streams the module that the build put beside it", async (t) => {
  const { shown, agent, streamed, fetched, complaints } = await open("/streamed.html");
  assert.deepEqual(complaints, []);
  assert.equal(agent, "ben");
  assert.match(shown, /^Session `chat-1` goes to Ben \(`ben`\)\.\n/);
  assert.equal(modules(fetched).length, 1);
  assert.match(modules(fetched)[0], /^200 \/assets\/engine_bg-[\w-]+\.wasm application\/wasm$/);
  assert.equal(streamed, true);
  t.diagnostic(modules(fetched)[0]);
});

test("no bundler, assignment-engine/web: the files of the package as they are", async (t) => {
  const { shown, agent, wrong, streamed, fetched, complaints } = await open("/plain/index.html");
  assert.equal(complaints.length, 1, complaints.join("\n"));
  assert.match(complaints[0], /404/);
  assert.equal(agent, "ben");
  assert.match(shown, /^Session `chat-1` goes to Ben \(`ben`\)\.\n/);
  assert.equal(wrong, "not_loaded: give init() the address of engine_bg.wasm");
  assert.match(modules(fetched).at(-1), /^200 \/package\/dist\/engine_bg\.wasm application\/wasm$/);
  assert.equal(streamed, true);
  t.diagnostic(`first a wrong address: ${wrong}`);
});

test("the page that streams has less JavaScript: the module is not in it", async (t) => {
  const assets = join(cwd, "dist/assets");
  const sizes = {};
  for (const file of await readdir(assets))
    sizes[file.split("-")[0]] = (await stat(join(assets, file))).size;
  assert.ok(sizes.streamed < sizes.inline / 4, JSON.stringify(sizes));
  t.diagnostic(JSON.stringify(sizes));
});

test("vite's dev server: both entries, and vite's optimiser does not lose the module", async (t) => {
  const { createServer } = await import(join(cwd, "node_modules/vite/dist/node/index.js"));
  const dev = await createServer({
    root: cwd,
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, ws: false },
  });
  try {
    await dev.listen();
    const address = `http://127.0.0.1:${dev.httpServer.address().port}`;
    for (const path of ["/inline.html", "/streamed.html"]) {
      const { shown, agent, fetched } = await open(path, address);
      assert.equal(agent, "ben", path);
      assert.match(shown, /^Session `chat-1` goes to Ben \(`ben`\)\.\n/);
      t.diagnostic(`${path} ${modules(fetched).join()}`);
    }
  } finally {
    await dev.close();
  }
});
