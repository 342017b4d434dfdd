// Nodes and clients, named so that one gets there.

import { Link } from "wouter";
import { clientPage, nodePage } from "../address";

export function NodeLink({ node }: { node: string }) {
  return (
    <Link to={nodePage(node)} className="link mono">
      {node}
    </Link>
  );
}

export function ClientLink({ id }: { id: string }) {
  return (
    <Link to={clientPage(id)} className="link mono">
      {id}
    </Link>
  );
}

export function Mono({ children }: { children: string }) {
  return <span className="mono">{children}</span>;
}
