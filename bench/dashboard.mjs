// usage: dashboard.mjs SCENE
//
// How long pages of the dashboard make their reader wait. SCENE is JSON of bench/dashboard.py, which reads what this
// prints: for each page the milliseconds from the click to what it shows, and those between frames while one looks.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(join(here, "../dashboard/package.json"))("playwright-core");

const TIMES = 5;
const PAGES = {
  Overview: ["/", "svg.picture"],
  Clients: ["/clients", "table.data tbody tr"],
  Subscriptions: ["/subscriptions", "table.data tbody tr"],
  Topics: ["/topics", "table.data tbody tr"],
  Settings: ["/settings", "table.data tbody tr"],
};

/** In the page. */
function open([to, content]) {
  const begin = performance.now();
  location.hash = to;
  return new Promise((done) => {
    const look = () => {
      if (document.querySelector(`main[data-page="${to}"] ${content}`)) done(performance.now() - begin);
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** In the page. */
function frames(seconds) {
  const gaps = [];
  const end = performance.now() + seconds * 1000;
  return new Promise((done) => {
    let before = performance.now();
    const next = (now) => {
      gaps.push(Math.max(0, now - before));
      before = now;
      if (now < end) requestAnimationFrame(next);
      else done(gaps);
    };
    requestAnimationFrame(next);
  });
}

const { url, password, seconds } = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
});
const page = await browser.newPage({ viewport: { width: 1360, height: 900 }, locale: "en-US" });
await page.goto(url);
await page.getByRole("textbox", { name: "User name" }).fill("admin");
await page.locator("input[type=password]").fill(password);
await page.getByRole("button", { name: "Log in" }).click();
await page.locator("svg.picture").waitFor();

const found = { pages: {}, frames: {} };
for (let time = 0; time < TIMES; time += 1) {
  for (const [name, to] of Object.entries(PAGES)) {
    found.pages[name] ??= [];
    found.pages[name].push(await page.evaluate(open, to));
    // Answers are fresh for two seconds: each visit shall ask.
    await page.waitForTimeout(500);
  }
}
await page.evaluate(open, PAGES.Overview);
found.frames.Overview = await page.evaluate(frames, seconds);
await page.evaluate(open, PAGES.Clients);
await page.getByRole("combobox", { name: "Rows per page" }).click();
const rows = page.locator("table.data tbody tr").nth(499).waitFor();
await page.getByRole("option", { name: "500", exact: true }).click();
await rows;
const scrolling = page.evaluate(frames, seconds);
const wheel = async (end) => {
  for (let down = 1; Date.now() < end; down = -down) {
    for (let step = 0; step < 40 && Date.now() < end; step += 1) {
      await page.mouse.wheel(0, 120 * down);
      await page.waitForTimeout(30);
    }
  }
};
await page.mouse.move(700, 600);
await wheel(Date.now() + seconds * 1000);
found.frames["Clients, 500 rows, scrolled"] = await scrolling;
await browser.close();
console.log(JSON.stringify(found));
