#include "admin/status_format.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "erldist/term.hpp"

namespace meshmq::admin {

namespace {

// Columns count from 1, as in Erlang's io_lib_pretty. `behind` is how many characters must still fit on the
// line.
constexpr std::size_t line_length = 80;
constexpr std::string_view prefix = "Cluster status: ";
constexpr std::size_t map_column = prefix.size() + 1;
constexpr std::size_t key_column = map_column + 2;  // behind "#{"
constexpr std::size_t list_column = key_column + 4;

bool fits(std::size_t length, std::size_t column, std::size_t behind) {
  return length + column + behind < line_length;
}

std::string line_break(std::size_t column) {
  return "\n" + std::string(column - 1, ' ');
}

using Atoms = std::vector<std::string>;

Atoms quote(const std::vector<std::string>& nodes) {
  Atoms atoms;
  for (const std::string& node : nodes) atoms.push_back(erldist::print_atom(node));
  return atoms;
}

std::string one_line_list(const Atoms& atoms) {
  std::string text = "[";
  for (const std::string& atom : atoms) {
    if (text.size() > 1) text += ',';
    text += atom;
  }
  return text + ']';
}

std::string wrapped_list(const Atoms& atoms, std::size_t behind) {
  std::string text = "[";
  std::size_t column = list_column + 1;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    if (i > 0) {
      text += ',';
      const bool last = i + 1 == atoms.size();
      if (fits(1 + atoms[i].size(), column, last ? behind + 1 : 1)) {
        ++column;
      } else {
        text += line_break(list_column + 1);
        column = list_column + 1;
      }
    }
    text += atoms[i];
    column += atoms[i].size();
  }
  return text + ']';
}

std::string pair(std::string_view key, const Atoms& atoms, std::size_t behind) {
  const std::string list = one_line_list(atoms);
  const std::string text = std::string(key) + " =>";
  if (fits(text.size() + 1 + list.size(), key_column, behind)) return text + " " + list;
  return text + line_break(list_column) +
         (fits(list.size(), list_column, behind) ? list : wrapped_list(atoms, behind));
}

}  // namespace

std::string format_split(const node::ClusterStatus& status) {
  std::string text;
  for (const auto& view : status.partitions) {
    text += (text.empty() ? "Partitions    : [" : ",") + one_line_list(quote(view));
  }
  if (!text.empty()) text += "]\n";
  if (!status.apart.empty()) text += "Kept apart    : " + one_line_list(quote(status.apart)) + "\n";
  return text;
}

std::string format_status(const node::ClusterStatus& status) {
  const Atoms running = quote(status.running_nodes);
  const Atoms stopped = quote(status.stopped_nodes);
  const std::string one_line =
      "#{running_nodes => " + one_line_list(running) + ",stopped_nodes => " + one_line_list(stopped) + "}";
  if (fits(one_line.size(), map_column, 0)) return std::string(prefix) + one_line + "\n";
  return std::string(prefix) + "#{" + pair("running_nodes", running, 0) + "," + line_break(key_column) +
         pair("stopped_nodes", stopped, 1) + "}\n";
}

}  // namespace meshmq::admin
