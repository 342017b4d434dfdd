// The frame of all pages, and which page is where. Addresses are behind a #, so that the dashboard works below
// any path.

import { lazy, Suspense } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { nameOf } from "./address";
import { Frame } from "./frame";
import { Login } from "./login";
import { Alarms } from "./pages/alarms";
import { Backups } from "./pages/backups";
import { Banned } from "./pages/banned";
import { ClientDetail } from "./pages/client_detail";
import { Clients } from "./pages/clients";
import { Listeners } from "./pages/listeners";
import { Delayed, Retained } from "./pages/messages";
import { NodeDetail } from "./pages/node_detail";
import { Nodes } from "./pages/nodes";
import { Overview } from "./pages/overview";
import { Settings } from "./pages/settings";
import { Subscriptions } from "./pages/subscriptions";
import { Topics } from "./pages/topics";
import { Trace } from "./pages/trace";
import { Users } from "./pages/users";
import { Loading } from "./parts/basics";
import { useSession } from "./session";

const Tools = lazy(() => import("./pages/tools"));

export function App() {
  if (!useSession()) return <Login />;
  return (
    <Router hook={useHashLocation}>
      <Frame>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/" component={Overview} />
            <Route path="/nodes" component={Nodes} />
            <Route path="/nodes/:node">{({ node }) => <NodeDetail node={nameOf(node)} />}</Route>
            <Route path="/clients" component={Clients} />
            <Route path="/clients/:id">{({ id }) => <ClientDetail id={nameOf(id)} />}</Route>
            <Route path="/subscriptions" component={Subscriptions} />
            <Route path="/topics" component={Topics} />
            <Route path="/retained" component={Retained} />
            <Route path="/delayed" component={Delayed} />
            <Route path="/listeners" component={Listeners} />
            <Route path="/alarms" component={Alarms} />
            <Route path="/banned" component={Banned} />
            <Route path="/users" component={Users} />
            <Route path="/settings" component={Settings} />
            <Route path="/backups" component={Backups} />
            <Route path="/trace" component={Trace} />
            <Route path="/tools" component={Tools} />
            <Route>
              <Redirect to="/" />
            </Route>
          </Switch>
        </Suspense>
      </Frame>
    </Router>
  );
}
