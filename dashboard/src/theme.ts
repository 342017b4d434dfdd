import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const brand: MantineColorsTuple = [
  "#e6f7f5",
  "#cfeeea",
  "#9fdcd5",
  "#6bcabf",
  "#41b9ac",
  "#26a598",
  "#14897e",
  "#0f766e",
  "#0b5f58",
  "#084a45",
];

/** Mantine's greys of the dark scheme, in the tint of our surfaces. */
const dark: MantineColorsTuple = [
  "#e3e9ee",
  "#c3ccd4",
  "#9aa8b4",
  "#6b7a87",
  "#34424e",
  "#26323c",
  "#1b252d",
  "#161e25",
  "#111920",
  "#0e1419",
];

export const theme = createTheme({
  primaryColor: "brand",
  primaryShade: { light: 7, dark: 7 },
  colors: { brand, dark },
  defaultRadius: "md",
  fontFamily:
    'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "JetBrains Mono", "SF Mono", Menlo, Consolas, monospace',
  headings: { fontWeight: "600" },
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "sm" } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 } } },
  },
});

/** What is dimmed stays readable: 4.5 to 1 upon every surface. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f5f7f9",
    "--mantine-color-text": "#16202a",
    "--mantine-color-dimmed": "#566370",
    "--mantine-color-placeholder": "#66727e",
    "--mantine-color-error": "#b42318",
    "--mantine-color-anchor": "#0b5f58",
    "--surface": "#ffffff",
    "--surface-sunken": "#eef2f5",
    "--line": "#e1e7ec",
    "--accent": "#0f766e",
    "--accent-soft": "#e3f3f1",
    "--accent-text": "#0b5f58",
    "--good": "#146c43",
    "--good-soft": "#e3f4ea",
    "--warn": "#8a4b08",
    "--warn-soft": "#fdf1dd",
    "--bad": "#b42318",
    "--bad-soft": "#fdeceb",
    "--muted-soft": "#eaeff3",
    "--chart-1": "#0f8f84",
    "--chart-2": "#4263eb",
    "--chart-3": "#d9480f",
    "--chart-4": "#7048e8",
  },
  dark: {
    "--mantine-color-body": "#0e1419",
    "--mantine-color-text": "#e3e9ee",
    "--mantine-color-dimmed": "#9aa8b4",
    "--mantine-color-placeholder": "#8b99a6",
    "--mantine-color-error": "#ff9a90",
    "--mantine-color-anchor": "#5fd0c4",
    "--surface": "#161e25",
    "--surface-sunken": "#111920",
    "--line": "#26323c",
    "--accent": "#2bb5a8",
    "--accent-soft": "#12312f",
    "--accent-text": "#6fdcd0",
    "--good": "#76d7a0",
    "--good-soft": "#12301f",
    "--warn": "#f2bd6b",
    "--warn-soft": "#33260f",
    "--bad": "#ff9a90",
    "--bad-soft": "#3a1917",
    "--muted-soft": "#202b34",
    "--chart-1": "#2bb5a8",
    "--chart-2": "#748ffc",
    "--chart-3": "#ff922b",
    "--chart-4": "#b197fc",
  },
});
