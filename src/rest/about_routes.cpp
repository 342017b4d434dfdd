// What the API says of itself, and what load balancers ask.

#include <fmt/format.h>

#include "rest/office.hpp"
#include "rest/openapi.hpp"

namespace meshmq::rest {

namespace {

void list_all_routes(Office&, const Call& call) {
  call.ok(Json::array(all_routes(), [](const Route* route) {
    return Json::object({{"name", route->name},
                         {"method", route->method},
                         {"path", full_path(*route)},
                         {"descr", route->help}});
  }));
}

void document(Office& office, const Call& call) {
  call.raw(openapi(office.desk().host.version()));
}

/// As EMQ X 4.3 has it: its health check looks for the words.
void status(Office& office, const Call& call) {
  const bool ready = office.desk().control.ready() && !office.desk().host.stopping();
  call.raw(fmt::format("Node {} is {}\nmeshmq is {}", office.desk().name, ready ? "started" : "stopping",
                       ready ? "running" : "not_running"),
           ready ? 200 : 503);
}

void alive(Office& office, const Call& call) {
  call.ok(Json::object({{"node", office.desk().name}, {"status", "ok"}}));
}

void ready(Office& office, const Call& call) {
  admin::Desk& desk = office.desk();
  std::string reason;
  if (desk.host.stopping()) reason = "stopping";
  if (!desk.control.ready()) reason = "sessions are coming back from disk";
  if (desk.control.stats().store_failing) reason = "the disk refuses writes";
  if (!reason.empty()) return call.fail(Code::unknown, reason, 503);
  call.ok(Json::object({{"node", desk.name}, {"status", "ready"}}));
}

constexpr Route about_rows[] = {
    {.method = "GET",
     .path = "/",
     .name = "list_endpoints",
     .help = "What can be asked",
     .run = list_all_routes,
     .data = "[Endpoint]"},
    {.method = "GET",
     .path = "/openapi.json",
     .name = "openapi",
     .help = "This API as an OpenAPI 3.1 document",
     .run = document,
     .credentials = Credentials::none,
     .media = "application/json"},
    {.method = "GET",
     .path = "/status",
     .name = "status",
     .help = "In words, for load balancers: status 503 while the node starts or ends",
     .run = status,
     .credentials = Credentials::none,
     .media = "text/plain",
     .outside = true},
    {.method = "GET",
     .path = "/healthz",
     .name = "healthz",
     .help = "Whether the node answers at all",
     .run = alive,
     .data = "Health",
     .credentials = Credentials::none},
    {.method = "GET",
     .path = "/readyz",
     .name = "readyz",
     .help = "Whether clients are to be sent here: status 503 while it starts or ends, or its disk fails",
     .run = ready,
     .data = "Health",
     .credentials = Credentials::none},
};

}  // namespace

std::span<const Route> about_routes() {
  return about_rows;
}

}  // namespace meshmq::rest
