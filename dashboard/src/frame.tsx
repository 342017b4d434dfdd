// Menu at the side, a bar at the top.

import {
  ActionIcon,
  Button,
  Drawer,
  Menu,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import {
  Archive,
  Ban,
  Bell,
  Cable,
  CircleUser,
  Clock,
  Database,
  Languages,
  LayoutDashboard,
  type LucideIcon,
  Menu as MenuIcon,
  Moon,
  Network,
  Route as RouteIcon,
  Rss,
  Search,
  Settings,
  Sun,
  Users,
  Wrench,
} from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { logOut } from "./api";
import { setLanguage, type TextKey, useLanguage, useText } from "./i18n";
import { activeAlarms, useHere, useLiveValue } from "./live";
import { Dialog, Tag } from "./parts/basics";
import { ChangePassword } from "./parts/change_password";
import { useSession } from "./session";

type Entry = { to: string; text: TextKey; icon: LucideIcon };

const groups: { title?: TextKey; entries: Entry[] }[] = [
  {
    entries: [
      { to: "/", text: "nav.overview", icon: LayoutDashboard },
      { to: "/nodes", text: "nav.nodes", icon: Network },
      { to: "/alarms", text: "nav.alarms", icon: Bell },
    ],
  },
  {
    title: "nav.group.messages",
    entries: [
      { to: "/clients", text: "nav.clients", icon: Users },
      { to: "/subscriptions", text: "nav.subscriptions", icon: Rss },
      { to: "/topics", text: "nav.topics", icon: RouteIcon },
      { to: "/retained", text: "nav.retained", icon: Database },
      { to: "/delayed", text: "nav.delayed", icon: Clock },
      { to: "/tools", text: "nav.tools", icon: Wrench },
    ],
  },
  {
    title: "nav.group.manage",
    entries: [
      { to: "/listeners", text: "nav.listeners", icon: Cable },
      { to: "/banned", text: "nav.banned", icon: Ban },
      { to: "/users", text: "nav.users", icon: CircleUser },
      { to: "/settings", text: "nav.settings", icon: Settings },
      { to: "/backups", text: "nav.backups", icon: Archive },
      { to: "/trace", text: "nav.trace", icon: Search },
    ],
  },
];

export function Logo() {
  return <img src="./icon.svg" width={28} height={28} alt="" />;
}

function Navigation() {
  const t = useText();
  const [location] = useLocation();
  const alarms = useLiveValue(activeAlarms);
  const current = (to: string) => location === to || (to !== "/" && location.startsWith(`${to}/`));
  return (
    <nav aria-label={t("nav.main")}>
      {groups.map((group) => (
        <div key={group.title ?? "first"}>
          {group.title && <div className="nav-group">{t(group.title)}</div>}
          {group.entries.map(({ to, text, icon: Icon }) => (
            <Link key={to} to={to} className="nav-link" aria-current={current(to) ? "page" : undefined}>
              <Icon size={17} strokeWidth={1.8} aria-hidden />
              {t(text)}
              {to === "/alarms" && alarms > 0 && <span className="nav-count">{alarms}</span>}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}

function Brand() {
  return (
    <Link to="/" className="brand">
      <Logo />
      MeshMQ
    </Link>
  );
}

/** Language and colours; also on the page that asks for a password. */
export function Preferences() {
  const t = useText();
  const language = useLanguage();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t("login.language")}
        title={language === "en" ? "中文" : "English"}
        onClick={() => setLanguage(language === "en" ? "zh" : "en")}
      >
        <Languages size={18} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t("login.theme")}
        onClick={() => setColorScheme(scheme === "light" ? "dark" : "light")}
      >
        {scheme === "light" ? <Moon size={18} /> : <Sun size={18} />}
      </ActionIcon>
    </>
  );
}

function Account() {
  const t = useText();
  const session = useSession();
  const [changing, setChanging] = useState(false);
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="subtle" color="gray" leftSection={<CircleUser size={17} aria-hidden />} px={8}>
            {session?.username}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setChanging(true)}>{t("login.change")}</Menu.Item>
          <Menu.Item onClick={() => void logOut()}>{t("login.logout")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog open={changing} onClose={() => setChanging(false)} title={t("login.change")}>
        {session && <ChangePassword username={session.username} />}
      </Dialog>
    </>
  );
}

export function Frame({ children }: { children: ReactNode }) {
  const t = useText();
  const state = useLiveValue((live) => live.state);
  const here = useHere();
  const [open, setOpen] = useState(false);
  const [location] = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when the page changes
  useEffect(() => {
    setOpen(false);
    window.scrollTo(0, 0);
  }, [location]);
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => document.getElementById("main")?.focus()}>
        {t("nav.skip")}
      </button>
      <div className="sidebar">
        <Brand />
        <Navigation />
      </div>
      <Drawer
        opened={open}
        onClose={() => setOpen(false)}
        size={264}
        title={<Brand />}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Navigation />
      </Drawer>
      <div className="main">
        <header className="topbar">
          <ActionIcon
            className="only-narrow"
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t("nav.open")}
            onClick={() => setOpen(true)}
          >
            <MenuIcon size={20} />
          </ActionIcon>
          <Tag tone={state === "open" ? "good" : state === "connecting" ? "warn" : "bad"} dot>
            {t(`live.${state}`)}
          </Tag>
          <span className="topbar-node">{here}</span>
          <span style={{ flex: 1 }} />
          <Preferences />
          <Account />
        </header>
        <main className="content" id="main" data-page={location} tabIndex={-1} style={{ outline: "none" }}>
          {children}
        </main>
      </div>
    </div>
  );
}
