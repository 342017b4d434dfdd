#include <fmt/format.h>

#include <vector>

#include "admin/command_table.hpp"
#include "config/effect.hpp"
#include "config/schema.hpp"
#include "manual/manual.hpp"
#include "manual/roff.hpp"
#include "server/options.hpp"

namespace meshmq::manual {

namespace {

std::string head(std::string_view page, int section, std::string_view name, std::string_view what) {
  return fmt::format(".TH {} {} \"\" \"MeshMQ {}\" \"MeshMQ\"\n.SH NAME\n{} \\- {}\n", page, section,
                     MESHMQ_VERSION, roff(name), roff(what));
}

/// A term and what it means.
std::string item(std::string_view term, std::string_view meaning) {
  return fmt::format(".TP\n.B {}\n{}\n", roff(term), roff(meaning));
}

std::string paragraph(std::string_view text) {
  return fmt::format(".PP\n{}\n", roff(text));
}

}  // namespace

std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\(rs";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '"') {
      result += "\\(dq";
    } else {
      result += c;
    }
  }
  // At the beginning of a line they would begin a request.
  if (result.starts_with('.') || result.starts_with('\'')) result.insert(0, "\\&");
  return result;
}

std::string meshmq_page() {
  std::string text = head("MESHMQ", 1, "meshmq", "run a node of a clustered MQTT broker");
  text += ".SH SYNOPSIS\n.B meshmq\n.I command\n.RI [ options ]\n.SH COMMANDS\n";
  for (const server::Verb& verb : server::all_verbs()) text += item(verb.word, std::string(verb.help) + ".");
  text += ".SH OPTIONS\n";
  text += item("--config FILE", "The configuration file, see meshmq.conf(5). Without one the defaults hold.");
  text += item("--data-dir DIR", "Directory of what must survive a restart: node.data_dir.");
  text += item("--set KEY=VALUE", "Overrides file and environment; may be repeated.");
  text += item("--ports-file FILE", "Where the ports that the node listens on are written, as JSON.");
  text += item("--pid-file FILE", "Where its process id is written while it accepts clients.");
  text += item("--from-emqx FILE, --from-mosquitto FILE",
               "With check-config: prints what another broker's configuration is here.");
  text += ".SH EXIT STATUS\n";
  text += item("0", "Done.") + item("1", "Not done; one line says why.") +
          item("2", "The command line is wrong.");
  text += ".SH SIGNALS\n";
  text +=
      item("SIGTERM, SIGINT",
           "A clean stop: clients are told, sessions go to other nodes or to the disk. The second one ends "
           "the process at once.");
  text += item("SIGHUP", "Reads configuration, certificates and rules again.");
  text += ".SH ENVIRONMENT\n";
  text +=
      item("MESHMQ_NODE__NAME, ...", "Values of keys: MESHMQ_, upper case, two underscores for each dot.");
  text +=
      item("NOTIFY_SOCKET, WATCHDOG_USEC",
           "Set by systemd: it is told when the node is ready, reads its configuration again, or stops, and "
           "that all its threads go on.");
  return text + ".SH SEE ALSO\n.BR meshmq_ctl (1),\n.BR meshmq.conf (5)\n";
}

std::string meshmq_ctl_page() {
  std::string text = head("MESHMQ_CTL", 1, "meshmq_ctl", "operators' commands to a running MeshMQ node");
  text += ".SH SYNOPSIS\n.B meshmq_ctl\n.RI [ options ]\n.I words ...\n.SH OPTIONS\n";
  text += item("--node NAME, --cookie COOKIE", "The node to ask, name@host, and its cookie.");
  text += item("--config FILE", "Its configuration file: name and cookie are taken from there.");
  text += item("--data-dir DIR", "The node that runs in this directory.");
  text += item("--json", "Answers are JSON, for machines.");
  text += ".SH COMMANDS\n";
  for (const admin::CommandUsage& command : admin::all_commands()) {
    text += fmt::format(".SS {}\n", roff(command.name));
    for (const admin::UsageLine& line : command.usage)
      text += item(line.form, std::string(line.meaning) + ".");
  }
  text += ".SH EXIT STATUS\n";
  text += item("0", "Done.") + item("1", "Refused, with the reason.") + item("2", "Not a command.") +
          item("3", "The node could not be asked; why is printed.");
  return text + ".SH SEE ALSO\n.BR meshmq (1),\n.BR meshmq.conf (5)\n";
}

std::string meshmq_conf_page() {
  std::string text = head("MESHMQ.CONF", 5, "meshmq.conf", "configuration of a MeshMQ node");
  text += ".SH DESCRIPTION\n";
  text +=
      roff(
          "Lines of `key = value`; a comment begins at a # that stands first or behind a blank. Durations "
          "need a unit (500ms, 8s, 1m30s, 2h), sizes may have one (64KB, 1MB). A wrong key or value stops "
          "the "
          "start with its place, and for a mistyped key with the nearest one that exists.") +
      "\n";
  text += paragraph(
      "A later source overrides an earlier one: defaults, this file, what `meshmq_ctl conf set "
      "--cluster` and then `conf set` have set, the environment, the command line.");
  text += ".SH KEYS\n";
  for (const config::Key& key : config::keys()) {
    const std::string fallback = key.fallback.empty() ? "" : " = " + std::string(key.fallback);
    text += fmt::format(".TP\n.BR {} \"{}\"\n{}.\nExpects {}. A change counts {}.\n", roff(key.key),
                        roff(fallback), roff(key.help),
                        roff(config::describe_type(key.type, key.range, key.words)),
                        roff(to_string(config::effect_of(key.key))));
  }
  return text + ".SH SEE ALSO\n.BR meshmq (1),\n.BR meshmq_ctl (1)\n";
}

}  // namespace meshmq::manual
