// usage: walk.mjs SCENE
//
// Walks through the dashboard of a cluster as an operator does. SCENE is JSON: see tests/e2e/test_dashboard.py, which
// has made the cluster. Ends with 1 and says why if something is not as it should be.

import { Browser } from "./browser.mjs";
import { coming } from "./coming.mjs";
import { diagnosis } from "./diagnosis.mjs";
import { Hand } from "./hand.mjs";
import { leaving } from "./leaving.mjs";
import { managing } from "./managing.mjs";
import { messages } from "./messages.mjs";
import { trouble } from "./trouble.mjs";

const scene = JSON.parse(process.argv[2]);
const browser = await Browser.open(scene);
const hand = new Hand(browser.page);
const walk = { scene, browser, hand, page: browser.page };

let failure;
const steps = { ...coming, ...messages, ...managing, ...diagnosis, ...trouble, ...leaving };
for (const [name, step] of Object.entries(steps)) {
  const begun = Date.now();
  try {
    await step(walk);
    console.log(`${name}: ${Date.now() - begun} ms`);
  } catch (error) {
    failure = `${name}: ${error.stack ?? error}`;
    await browser.picture("failure");
    break;
  }
}
await browser.close();
for (const problem of [failure, ...browser.problems].filter(Boolean)) console.log(`PROBLEM ${problem}`);
process.exit(failure || browser.problems.length > 0 ? 1 : 0);
