// A browser that notes what no page of the dashboard may do.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, "../../dashboard/package.json"));
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const WIDE = { width: 1360, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const PATIENCE_MS = 20_000;
const SERIOUS = new Set(["serious", "critical"]);

/** In the page: what is told when something changes its size can be held back, as a busy machine does. */
function holdableObservers() {
  const Real = window.ResizeObserver;
  const held = [];
  let holding = false;
  window.ResizeObserver = class extends Real {
    constructor(tell) {
      super((...what) => (holding ? held.push(() => tell(...what)) : tell(...what)));
    }
  };
  window.holdObservers = (hold) => {
    holding = hold;
    for (const tell of hold ? [] : held.splice(0)) tell();
  };
}

export class Browser {
  /** `hosts`: who may be asked. `screenshots`: a directory, or nothing. */
  static async open({ hosts, screenshots }) {
    const program = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
    });
    const context = await program.newContext({
      viewport: WIDE,
      locale: "en-US",
      colorScheme: "light",
      reducedMotion: "reduce",
      ignoreHTTPSErrors: true,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(holdableObservers);
    return new Browser(program, await context.newPage(), new Set(hosts), screenshots);
  }

  constructor(program, page, hosts, screenshots) {
    Object.assign(this, { program, page, screenshots });
    this.problems = [];
    this.sockets = [];
    /** Refusals that a step provokes, as parts of what the console says. */
    this.expected = [];
    page.on("console", (message) => {
      if (message.type() === "error") this.note(`console: ${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => this.note(`exception: ${error.stack ?? error}`));
    const check = (address) => {
      const url = new URL(address);
      if (!["data:", "blob:"].includes(url.protocol) && !hosts.has(url.hostname))
        this.note(`asks ${address}`);
    };
    page.on("request", (request) => check(request.url()));
    page.on("websocket", (socket) => {
      check(socket.url());
      this.sockets.push(socket);
    });
  }

  note(problem) {
    if (!this.expected.some((part) => problem.includes(part))) this.problems.push(problem);
  }

  /** Until nothing is being loaded. */
  async settle() {
    await this.page.waitForFunction(() => !document.querySelector(".mantine-Skeleton-root, [data-loading]"));
  }

  async go(to) {
    await this.page.evaluate((hash) => {
      location.hash = hash;
    }, to);
    await this.page.locator(`main[data-page="${to}"] h1`).first().waitFor();
    await this.settle();
  }

  async picture(name) {
    if (!this.screenshots) return;
    await this.page.screenshot({ path: join(this.screenshots, `${name}.png`), fullPage: true });
  }

  /** What axe finds serious, of all rules or of those that colours matter for. */
  async axe(name, rules) {
    const run = async (only) => {
      const options = only ? { runOnly: { type: "rule", values: only } } : {};
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"], ...options });
      return violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        where: nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`),
      }));
    };
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(axeSource);
    for (const found of await this.page.evaluate(run, rules)) {
      if (SERIOUS.has(found.impact)) this.note(`axe, ${name}: ${found.id}: ${found.where.join(" | ")}`);
    }
  }

  async colours(scheme) {
    await this.page.emulateMedia({ colorScheme: scheme });
    await this.page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor();
  }

  /** The layout alone makes a page narrow: no script needs to follow. */
  async phone(name) {
    await this.page.evaluate(() => window.holdObservers(true));
    await this.page.setViewportSize(PHONE);
    const width = () => document.documentElement.scrollWidth;
    const fits = (most) => window.innerWidth === most && document.documentElement.scrollWidth <= most;
    try {
      await this.page.waitForFunction(fits, PHONE.width, { timeout: PATIENCE_MS / 4 });
    } catch {
      this.note(`${name}: ${await this.page.evaluate(width)} pixels wide on a phone of ${PHONE.width}`);
    }
    await this.page.evaluate(() => window.holdObservers(false));
  }

  /** One page in both colours and on a phone. */
  async inspect(name) {
    await this.picture(name);
    await this.axe(name);
    await this.colours("dark");
    await this.picture(`${name}-dark`);
    await this.axe(`${name}, dark`, ["color-contrast"]);
    await this.colours("light");
    await this.phone(name);
    await this.picture(`${name}-phone`);
    await this.page.setViewportSize(WIDE);
  }

  async close() {
    await this.program.close();
  }
}
