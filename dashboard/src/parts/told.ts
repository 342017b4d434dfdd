// Lines in the corner that say how something went.

import { notifications } from "@mantine/notifications";

let done: string | null = null;

/** Of what went well only the newest is told: who does much does not wait for the corner. */
export function tellDone(message: string, close: string): void {
  if (done) notifications.hide(done);
  done = notifications.show({
    message,
    color: "brand",
    autoClose: 2500,
    closeButtonProps: { "aria-label": close },
  });
}

export function tellFailed(title: string, message: string, close: string): void {
  notifications.show({
    title,
    message,
    color: "red",
    autoClose: 8000,
    closeButtonProps: { "aria-label": close },
  });
}
