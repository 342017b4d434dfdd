// Names as parts of this application's addresses. Client ids hold anything, and the router decodes percent signs
// in its own way, so they are not used.

export function segment(name: string): string {
  return encodeURIComponent(name)
    .replaceAll("~", "%7E")
    .replaceAll("%40", "@")
    .replaceAll("%3A", ":")
    .replaceAll("%", "~");
}

export function nameOf(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("~", "%"));
  } catch {
    return text;
  }
}

export const nodePage = (node: string) => `/nodes/${segment(node)}`;
export const clientPage = (id: string) => `/clients/${segment(id)}`;
