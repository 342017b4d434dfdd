// Coming in, and the cluster as a whole.

import { startProxy } from "./proxy.mjs";

export const coming = {
  async "refuses a wrong password"({ page, browser, hand, scene }) {
    browser.expected.push("401", "429");
    await page.goto(scene.url);
    await hand.logIn("admin", "wrong");
    await page.getByRole("alert").getByText("The user name or the password is wrong.").waitFor();
    await browser.inspect("login");
    // Who guesses waits.
    await hand.pressUntil(hand.button("Log in"), page.getByText("Too many attempts. Try again in"));
  },

  async "wants another password first"({ page, browser, hand, scene }) {
    await hand.password(0, "public");
    await hand.pressUntil(hand.button("Log in"), page.getByText("Choose another password"));
    browser.expected.length = 0;
    await browser.inspect("login-change");
    for (const index of [0, 1]) await hand.password(index, scene.password);
    await hand.button("Save").click();
    await page.getByText("Messages in").first().waitFor();
  },

  async "shows the cluster live"({ page, browser, scene }) {
    await page.getByText("live", { exact: true }).waitFor();
    for (const node of scene.nodes) await page.locator(`a[href*="${node}"]`).first().waitFor();
    await page.getByText("3 of 3 nodes run").waitFor();
    // Rates need two figures; links are measured with the first.
    await page.locator("svg.picture text").filter({ hasText: " ms" }).first().waitFor();
    await page.locator("svg.picture text").filter({ hasText: /ms · [1-9].*\/s/ }).first().waitFor();
    await page.waitForFunction(() => /[1-9]/.test(document.querySelector(".legend b")?.textContent ?? ""));
    for (const name of ["Connections", "Subscriptions", "Topics", "Messages in", "Messages out", "Dropped"]) {
      const tile = page.locator(".card").filter({ has: page.locator(`.tile-label:text-is("${name}")`) });
      await tile.locator(".tile-value").getByText(/^\d/).waitFor();
    }
    for (const node of scene.nodes) {
      const card = page.locator("a.node-card").filter({ hasText: node });
      for (const part of ["Connections", "CPU", "Memory", "Uptime", /\d+\.\d+\.\d+/])
        await card.getByText(part).first().waitFor();
    }
    await browser.inspect("overview");
  },

  async "asks nothing again and again"({ page, browser }) {
    const asked = [];
    const note = (request) => asked.push(request.url());
    const [feed, ...others] = browser.sockets.filter((socket) => !socket.isClosed());
    page.on("request", note);
    for (let frames = 0; frames < 2; frames += 1) await feed.waitForEvent("framereceived");
    page.off("request", note);
    for (const one of [...asked, ...others.map((socket) => socket.url())]) browser.note(`asks again: ${one}`);
  },

  async "is the same over HTTPS"({ page, hand, scene }) {
    await page.goto(scene.secure_url);
    await hand.logIn("admin", scene.password);
    await page.getByText("3 of 3 nodes run").waitFor();
    await page.goto(scene.url);
    await page.getByText("3 of 3 nodes run").waitFor();
  },

  async "works below a proxy's path"({ page, hand, scene }) {
    const address = await startProxy(scene.url, "/mqtt-admin/");
    await page.goto(`${address}nodes/none`);
    await hand.logIn("admin", scene.password);
    await page.getByText("Nothing matches.").waitFor();
    await page.getByText("live", { exact: true }).waitFor();
  },

  async "sends bookmarks to their pages"({ page, scene }) {
    await page.goto(`${scene.url}clients`);
    await page.getByRole("heading", { name: "Clients" }).waitFor();
  },

  async "shows a node"({ page, browser, scene }) {
    await browser.go(`/nodes/${scene.nodes[1]}`);
    await page.getByText("connections", { exact: true }).waitFor();
    await browser.inspect("node");
  },

  async "takes a node in that leaves and comes back"({ page, browser, hand, scene }) {
    const join = async () => {
      await browser.go("/nodes");
      await hand.button("Join a cluster").click();
      await hand.field("Name of a node there", hand.dialog()).fill(scene.nodes[0]);
      await hand.confirm("Join a cluster");
    };
    const seen = async (state) => {
      for (const node of scene.nodes)
        await page.locator("a.node-card").filter({ hasText: node }).waitFor({ state });
    };
    const members = async (count) => {
      const told = (said) => said.includes("stopped_nodes => []") && said.match(/@/g).length === count;
      await hand.ctlSays(scene.ctl[1], ["cluster", "status"], (said) => told(said.replaceAll(/\s+/g, " ")));
    };
    browser.expected.push("401");
    // A node joins the cluster of another: this is done where it runs.
    await page.goto(scene.fourth.url);
    await hand.logIn("admin", scene.fourth.password);
    await page.getByText("1 of 1 nodes run").waitFor();
    await join();
    // The users of that cluster are its users from now on: who was logged in is not.
    await page.getByText("Your login is over").waitFor();
    await hand.logIn("admin", scene.password);
    await seen("visible");
    await members(4);
    await hand.button("Leave").click();
    await hand.dialog().getByText(`${scene.fourth.name} leaves its cluster`).waitFor();
    await hand.confirm("Leave");
    await seen("detached");
    await members(3);
    await join();
    await seen("visible");
    await members(4);
    await page.goto(scene.url);
    await page.getByText("4 of 4 nodes run").waitFor();
    // What that page had still asked is refused by now.
    browser.expected.length = 0;
  },

  async "fills its charts at once"({ page, browser, scene }) {
    await browser.go("/");
    const [feed] = await Promise.all([page.waitForEvent("websocket"), page.reload()]);
    const frames = [];
    feed.on("framereceived", ({ payload }) => frames.push(JSON.parse(payload)));
    const tile = page.locator(".card").filter({ has: page.locator('.tile-label:text-is("Messages in")') });
    await tile.locator(".tile-value").getByText(/^[1-9]/).waitFor();
    if (frames.filter(({ type }) => type === "live").length > 1) browser.note("rates wait for a second message");
    const { type, nodes } = frames[0];
    const known = nodes.map(({ node, received }) => `${node} ${received.length > 0}`).sort();
    const all = [...scene.nodes, scene.fourth.name].map((node) => `${node} true`).sort();
    if (type !== "history" || known.join() !== all.join()) browser.note(`the feed begins with ${type} of ${known}`);
    await browser.picture("overview-reloaded");
  },

  async "evens clients out"({ page, browser, hand, scene }) {
    await browser.go("/nodes");
    await hand.pressUntil(hand.button("Compare tables"), page.getByText("All nodes hold the same"));
    const rebalance = page.locator("section.card").filter({ hasText: "Evens out the clients" });
    await hand.field("Clients per second", rebalance).fill("7");
    await hand.button("Start", rebalance).click();
    await rebalance.getByText("running", { exact: true }).waitFor();
    // A node says it to all.
    const status = ["cluster", "rebalance", "status"];
    const there = (part) => hand.ctlSays(scene.ctl[1], status, (said) => said.includes(part));
    await there("7 clients per second");
    await browser.inspect("nodes");
    await hand.button("Stop", rebalance).click();
    await rebalance.getByText("off", { exact: true }).waitFor();
    await there(": off");
  },

  async "evacuates a node and puts it out"({ page, browser, hand, scene }) {
    await browser.go(`/nodes/${scene.fourth.name}`);
    const evacuation = page.locator("section.card").filter({ hasText: "Evacuation" });
    await hand.button("Start", evacuation).click();
    await evacuation.getByText(/^(running|done)$/).waitFor();
    await hand.button("Stop", evacuation).click();
    await evacuation.getByText("off", { exact: true }).waitFor();
    await hand.button("Remove from the cluster").click();
    await hand.confirm("Remove from the cluster");
    await browser.go("/");
    await page.getByText("3 of 3 nodes run").waitFor();
    const gone = (said) => !said.includes(scene.fourth.name);
    await hand.ctlSays(scene.ctl[1], ["cluster", "status"], gone);
  },
};
