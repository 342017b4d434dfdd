// A node that is not reached any more, and comes back.

import { execFileSync } from "node:child_process";

export const trouble = {
  async "shows a split, and that it healed"({ page, browser, hand, scene }) {
    const lost = scene.nodes[2];
    const cable = ([program, ...words]) => execFileSync(program, words);
    await browser.go("/");
    cable(scene.cable.pull);
    await page.getByText("2 of 3 nodes run").waitFor();
    await page.locator("a.node-card").filter({ hasText: lost }).getByText("stopped").waitFor();
    await page.getByText("2 of 3 nodes run").waitFor();
    await browser.inspect("overview-split");
    await browser.go(`/nodes/${lost}`);
    await page.getByText("does not answer").waitFor();
    await browser.inspect("node-away");
    cable(scene.cable.plug);
    await browser.go("/nodes");
    await page.getByText("The cluster has never been split.").waitFor();
    await hand.row(lost).filter({ hasText: scene.nodes[0] }).waitFor();
    await browser.inspect("nodes-healed");
    await browser.go("/");
    await page.getByText("3 of 3 nodes run").waitFor();
  },
};
