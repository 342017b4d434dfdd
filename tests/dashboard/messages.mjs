// Clients, and where messages go.

import { PHONE, WIDE } from "./browser.mjs";

export const messages = {
  async "finds a client among all"({ page, browser, hand }) {
    await browser.go("/clients");
    await hand.row("sensor").first().waitFor();
    await browser.inspect("clients");
    await hand.field("Client id").fill("^fa");
    await hand.row("sensor").waitFor({ state: "detached" });
    await hand.row("far").getByRole("link", { name: "far", exact: true }).click();
    await page.getByRole("heading", { name: "far", exact: true }).waitFor();
    await hand.row("sensors/#").waitFor();
    await browser.inspect("client");
    // It gets what the sensor says, and the page shows it without being asked.
    const sent = page.locator('dt:text-is("Messages sent") + dd');
    const first = await sent.textContent();
    await sent.filter({ hasNotText: new RegExp(`^${first}$`) }).waitFor();
  },

  async "disconnects a client"({ browser, hand }) {
    await browser.go("/clients");
    await hand.button("Disconnect", hand.row("victim")).click();
    await hand.confirm("Disconnect");
    await hand.told("Disconnected.");
    await hand.pressUntil(hand.button("Refresh"), hand.row("victim"), "detached");
  },

  async "subscribes for a client"({ browser, hand }) {
    await browser.go("/clients/far");
    await hand.field("Filter").fill("more/+");
    await hand.button("Subscribe").click();
    await hand.row("more/+").waitFor();
    await hand.button("Unsubscribe", hand.row("more/+")).click();
    await hand.row("more/+").waitFor({ state: "detached" });
  },

  async "lists subscriptions"({ browser, hand }) {
    await browser.go("/subscriptions");
    await hand.row("$share/workers/sensors/#").waitFor();
    await hand.field("Matches topic").fill("sensors/1");
    await hand.row("sensors/+/temperature").waitFor({ state: "detached" });
    await hand.row("far").waitFor();
    await browser.inspect("subscriptions");
  },

  async "draws how a message travels"({ page, browser, hand }) {
    await browser.go("/topics");
    await hand.row("sensors/#").first().waitFor();
    await browser.inspect("topics");
    await hand.tab("Explain a topic").click();
    await hand.field("Topic").fill("sensors/1/temperature");
    await hand.button("Explain").click();
    for (const part of ["sensors/+/temperature", "far", "away", "one copy each"])
      await page.locator("svg.picture text").filter({ hasText: part }).first().waitFor();
    await browser.inspect("explain");
    await page.setViewportSize(PHONE);
    const stack = page.locator(".way-tall");
    for (const part of ["sensors/+/temperature", "far", "away", "one copy each"])
      await stack.getByText(part, { exact: true }).first().waitFor();
    if (await page.locator(".way").evaluate((way) => way.scrollWidth > way.clientWidth))
      browser.note("the way of a message does not fit a phone");
    await browser.colours("dark");
    await browser.picture("explain-phone-dark");
    await browser.colours("light");
    await page.setViewportSize(WIDE);
    await hand.field("Topic").fill("nobody/here");
    await hand.button("Explain").click();
    await page.getByText("Nobody is subscribed").waitFor();
  },

  async "shows what waits"({ page, browser, hand }) {
    await browser.go("/retained");
    await hand.row("rooms/1").waitFor();
    await browser.inspect("retained");
    await hand.button("rooms/1").click();
    await hand.dialog().getByText('{"light": "on"}').waitFor();
    await browser.picture("retained-one");
    await page.keyboard.press("Escape");
    await hand.dialog().waitFor({ state: "detached" });
    await hand.button("Delete", hand.row("rooms/1")).click();
    await hand.confirm("Delete");
    await page.getByText("Nothing here.").waitFor();
    await browser.go("/delayed");
    await hand.row("late/1").waitFor();
    await browser.inspect("delayed");
    await hand.button("Delete", hand.row("late/1")).click();
    await hand.confirm("Delete");
    await page.getByText("Nothing here.").waitFor();
  },

  async "is a client of two nodes"({ page, browser, hand, scene }) {
    await browser.go("/tools");
    const [first, second] = [1, 2].map((number) => page.locator(`[data-connection="${number}"]`));
    for (const [index, card] of [first, second].entries()) {
      await card.getByRole("combobox", { name: "Address" }).fill(scene.sockets[index]);
      await hand.button("Connect", card).click();
      await hand.button("Disconnect", card).waitFor();
    }
    await hand.button("Subscribe", second).click();
    await second.getByText("Subscribed to").waitFor();
    // The first node learns of the subscription a moment after the second.
    const received = second.getByRole("log").getByText('{"hello": "world"}');
    await hand.pressUntil(hand.button("Publish", first), received);
    await browser.inspect("tools");
    for (const card of [first, second]) await hand.button("Disconnect", card).click();
  },
};
