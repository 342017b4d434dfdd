// EMQ X's modules and plugins, of every node: see `meshmq_ctl modules`.

#include "admin/modules.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

Json parts_json(const std::vector<admin::ModuleInfo>& parts) {
  return Json::array(parts, [](const admin::ModuleInfo& part) { return part.json(); });
}

/// `_bare`: without the node around them.
void report_modules(Office& office, const Question& question, Now, const ReportDone& done) {
  const bool modules = question.name == "modules";
  const Json parts =
      parts_json(modules ? admin::modules_of(office.desk()) : admin::plugins_of(office.desk()));
  if (question.params.contains("_bare")) return done(Report::one(parts));
  done(Report::one(Json::object({{"node", office.desk().name}, {question.name, parts}})));
}

void list_modules(Office& office, const Call& call) {
  answer_rows_of_all(office, call, {"modules"});
}
void list_modules_of_node(Office& office, const Call& call) {
  answer_of_node(office, call, {"modules", {{"_bare", "1"}}});
}
void list_plugins(Office& office, const Call& call) {
  answer_rows_of_all(office, call, {"plugins"});
}
void list_plugins_of_node(Office& office, const Call& call) {
  answer_of_node(office, call, {"plugins", {{"_bare", "1"}}});
}

/// `load` or `unload` on all nodes, those that are away included.
void switch_module(Office& office, const Call& call, std::string_view word) {
  if (const std::string obstacle = admin::module_obstacle(call.get("module"), word); !obstacle.empty())
    return call.fail(Code::bad_parameter, obstacle);
  if (office.desk().configuration == nullptr)
    return call.fail(Code::unknown, "this node has no configuration");
  admin::change_config(office.desk(), admin::module_change(call.get("module"), word == "load"), true,
                       call.now, [call](const std::vector<admin::ConfigChange>& changes) {
                         for (const admin::ConfigChange& change : changes) {
                           if (change.result == admin::ConfigResult::refused)
                             return call.fail(Code::bad_parameter, change.node + ": " + change.message);
                         }
                         call.ok();
                       });
}
void load_module(Office& office, const Call& call) {
  switch_module(office, call, "load");
}
void unload_module(Office& office, const Call& call) {
  switch_module(office, call, "unload");
}

void module_command(Office& office, const Call& call, const std::string& word) {
  answer_command(office, call, std::string(call.get("node")),
                 {"modules", word, std::string(call.get("module"))});
}
void refuse_plugin(Office& office, const Call& call, const std::string& word) {
  answer_command(office, call, std::string(call.get("node")),
                 {"plugins", word, std::string(call.get("plugin"))});
}
void load_plugin(Office& office, const Call& call) {
  refuse_plugin(office, call, "load");
}
void unload_plugin(Office& office, const Call& call) {
  refuse_plugin(office, call, "unload");
}
void reload_plugin(Office& office, const Call& call) {
  refuse_plugin(office, call, "reload");
}
void load_module_on_node(Office& office, const Call& call) {
  module_command(office, call, "load");
}
void unload_module_on_node(Office& office, const Call& call) {
  module_command(office, call, "unload");
}
void reload_module_on_node(Office& office, const Call& call) {
  module_command(office, call, "reload");
}

constexpr Route module_rows[] = {
    {.method = "GET",
     .path = "/modules",
     .name = "list_all_modules",
     .help = "EMQ X's modules and whether they are active, on all nodes",
     .run = list_modules,
     .data = "[NodeModules]"},
    {.method = "GET",
     .path = "/nodes/:node/modules",
     .name = "list_node_modules",
     .help = "Those of one node",
     .run = list_modules_of_node,
     .data = "[Module]"},
    {.method = "PUT",
     .path = "/modules/:module/load",
     .name = "load_module",
     .help = "Switches a module on, on all nodes: its key becomes on",
     .run = load_module},
    {.method = "PUT",
     .path = "/modules/:module/unload",
     .name = "unload_module",
     .help = "Switches a module off, on all nodes",
     .run = unload_module},
    {.method = "PUT",
     .path = "/nodes/:node/modules/:module/load",
     .name = "load_node_module",
     .help = "Switches a module on, on one node",
     .run = load_module_on_node},
    {.method = "PUT",
     .path = "/nodes/:node/modules/:module/unload",
     .name = "unload_node_module",
     .help = "Switches a module off, on one node",
     .run = unload_module_on_node},
    {.method = "PUT",
     .path = "/nodes/:node/modules/:module/reload",
     .name = "reload_node_module",
     .help = "Reads again what a module reads: the rules of emqx_mod_acl_internal",
     .run = reload_module_on_node},
    {.method = "GET",
     .path = "/plugins",
     .name = "list_all_plugins",
     .help = "What is built in of EMQ X's plugins, on all nodes",
     .run = list_plugins,
     .data = "[NodePlugins]"},
    {.method = "GET",
     .path = "/nodes/:node/plugins",
     .name = "list_node_plugins",
     .help = "Those of one node",
     .run = list_plugins_of_node,
     .data = "[Module]"},
    {.method = "PUT",
     .path = "/nodes/:node/plugins/:plugin/load",
     .name = "load_node_plugin",
     .help = "Always refused, with the reason: it is built in, or there is none",
     .run = load_plugin},
    {.method = "PUT",
     .path = "/nodes/:node/plugins/:plugin/unload",
     .name = "unload_node_plugin",
     .help = "The same",
     .run = unload_plugin},
    {.method = "PUT",
     .path = "/nodes/:node/plugins/:plugin/reload",
     .name = "reload_node_plugin",
     .help = "The same",
     .run = reload_plugin},
};

constexpr Reporter module_reports[] = {{"modules", report_modules}, {"plugins", report_modules}};

}  // namespace

std::span<const Route> module_routes() {
  return module_rows;
}
std::span<const Reporter> module_reporters() {
  return module_reports;
}

}  // namespace meshmq::rest
