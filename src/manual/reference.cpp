#include <fmt/format.h>

#include "admin/command_table.hpp"
#include "manual/manual.hpp"
#include "server/options.hpp"

namespace meshmq::manual {

namespace {

/// In a cell of a table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

}  // namespace

std::string command_reference() {
  std::string text = "### meshmq\n\n| command | what it does |\n|---|---|\n";
  for (const server::Verb& verb : server::all_verbs())
    text += fmt::format("| `meshmq {}` | {} |\n", verb.word, cell(verb.help));
  text += "\n### meshmq_ctl\n\n| words | what they do |\n|---|---|\n";
  for (const admin::CommandUsage& command : admin::all_commands()) {
    for (const admin::UsageLine& line : command.usage)
      text += fmt::format("| `{}` | {} |\n", cell(line.form), cell(line.meaning));
  }
  return text;
}

}  // namespace meshmq::manual
