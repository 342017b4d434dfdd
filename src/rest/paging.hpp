#pragma once
// Long lists in pages: `_page` and `_limit`.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

inline constexpr Parameter page_parameters[] = {
    {"_page", "integer", "Which page; the first is 1"},
    {"_limit", "integer", "Rows of a page, at most management.max_row_limit (10000)"},
};

struct Page {
  std::size_t number = 1;
  std::size_t limit = 0;

  /// Fails with what is wrong with the parameters.
  static Result<Page> of(const Call& call, const Settings& settings);
  std::size_t first() const { return (number - 1) * limit; }
  /// Rows up to the end of this page.
  std::size_t end() const { return number * limit; }
  Call::Members meta(std::size_t total, bool filtered) const;
};

/// Name of the parameter that tells a reporter how many rows are wanted at most.
inline constexpr std::string_view rows_wanted = "_rows";
/// What a reporter was told; no more than `total`.
std::size_t rows_for(const Question& question, std::size_t total);

/// A page of the rows of all nodes one behind the other, or of one node. `filtered`: their number is not
/// told, as EMQ X does it.
void answer_page_of_all(Office& office, const Call& call, Question question, bool filtered);
void answer_page_of_node(Office& office, const Call& call, Question question, bool filtered);
/// A page of what this node has itself.
void answer_page(const Call& call, const Settings& settings, const std::vector<Json>& rows);

}  // namespace meshmq::rest
