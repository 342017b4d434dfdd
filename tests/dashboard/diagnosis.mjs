// Why something happened or did not.

export const diagnosis = {
  async "traces a client"({ page, browser, hand }) {
    await browser.go("/trace");
    await hand.button("Start a trace").click();
    await hand.field("Name", hand.dialog()).fill("of-far");
    await hand.field("Which", hand.dialog()).fill("far");
    await hand.confirm("Start");
    const trace = hand.row("of-far");
    await trace.getByText("running").waitFor();
    await hand.pressUntil(hand.button("Refresh"), trace.getByText(/^[1-9][\d.]* k?B$/));
    await hand.button("View", trace).click();
    await hand.dialog().locator("pre").filter({ hasText: "sensors/" }).waitFor();
    await browser.axe("trace, log");
    await browser.picture("trace-log");
    await page.keyboard.press("Escape");
    await hand.dialog().waitFor({ state: "detached" });
    await hand.button("Stop", trace).click();
    await trace.getByText("stopped").waitFor();
    await browser.inspect("trace");
    await Promise.all([page.waitForEvent("download"), hand.button("Download", trace).click()]);
    await hand.button("Delete", trace).click();
    await hand.confirm("Delete");
    await page.getByText("Nothing here.").waitFor();
  },

  async "says why a client gets a message"({ page, browser, hand }) {
    await hand.tab("Why not?").click();
    await hand.field("Client id").fill("far");
    await hand.field("Topic").fill("sensors/1");
    await hand.button("Explain").click();
    await page.getByText(/^delivered: /).waitFor();
    await browser.inspect("trace-why");
  },

  async "counts a topic, tells who did what"({ browser, hand }) {
    await hand.tab("Topic metrics").click();
    await hand.field("Topic").fill("sensors/1/temperature");
    await hand.button("Count a topic").click();
    await hand.row("sensors/1/temperature").waitFor();
    await browser.inspect("trace-topics");
    await hand.tab("Slow subscriptions").click();
    await browser.settle();
    await browser.inspect("trace-slow");
    await hand.tab("Audit").click();
    await hand.row("/api/v4/configs").first().waitFor();
    await browser.inspect("trace-audit");
  },
};
