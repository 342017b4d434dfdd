// What the broker says, in another language: its English texts are the keys.

export type ServerText = (text: string) => string;

/** Of a placeholder with this name the value is such a text itself. */
const NESTED = /^text/;

interface Pattern {
  shape: RegExp;
  names: string[];
  translation: string;
}

function patternOf(english: string, translation: string): Pattern {
  const parts = english.split(/\{(\w+)\}/);
  const names = parts.filter((_, index) => index % 2 === 1);
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const shape = parts.map((part, index) => (index % 2 === 1 ? "(.+?)" : literal(part))).join("");
  return { shape: new RegExp(`^${shape}$`, "s"), names, translation };
}

/** Gives back what it does not know. */
export function serverTexts(table: Record<string, string>): ServerText {
  const patterns = Object.entries(table)
    .filter(([english]) => /\{\w+\}/.test(english))
    .map(([english, translation]) => patternOf(english, translation));
  const known = new Map<string, string>();
  const find = (text: string): string => {
    const whole = table[text];
    if (whole !== undefined) return whole;
    for (const { shape, names, translation } of patterns) {
      const match = shape.exec(text);
      if (!match) continue;
      const values = new Map(names.map((name, index) => [name, match[index + 1] ?? ""]));
      return translation.replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = values.get(name) ?? "";
        return NESTED.test(name) ? translate(value) : value;
      });
    }
    return text;
  };
  const translate: ServerText = (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const found = find(text);
    if (known.size < KNOWN_MAX) known.set(text, found);
    return found;
  };
  return translate;
}

const KNOWN_MAX = 2000;
