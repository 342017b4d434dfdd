// All of Chinese: loaded when somebody wants it.

import { serverTexts } from "./server_text";
import { zhCodes, zhRefusals } from "./zh_refusals";
import { zhSettings } from "./zh_settings";

export { zh as texts } from "./zh";
export const codes = zhCodes;
export const serverText = serverTexts({ ...zhSettings, ...zhRefusals });
