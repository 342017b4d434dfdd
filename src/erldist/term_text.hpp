#pragma once
// Erlang terms as people write them into files: ssl_dist.conf, acl.conf.

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "erldist/term.hpp"

namespace meshmq::erldist {

/// A term of a file.
struct WrittenTerm {
  Term term;
  int line = 1;  ///< where it begins
};

/// Reads terms that end in a full stop each, as Erlang's file:consult/1 does; `%` begins a comment:
///
///     {allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.   % a tuple
///     [{depth, 2}, {versions, ['tlsv1.2', 'tlsv1.3']}].      % a list
///
/// Atoms, integers (also 16#FF, $a, 1_000), floats, strings (Kind::string, UTF-8 as it stands in the file),
/// binaries of strings and bytes, tuples, lists, maps. Not: funs, pids, variables, arithmetic. Errors say
/// where: `line 3, column 7: expected , or ] but found }`. Limits: term_depth_max; integers of 64 bits.
Result<std::vector<WrittenTerm>> parse_terms(std::string_view text);

}  // namespace meshmq::erldist
