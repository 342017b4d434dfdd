#pragma once
// What is written for people and shells out of the tables of commands and keys. Pure functions.

#include <string>

namespace meshmq::manual {

// --- manual pages, in roff's man macros
std::string meshmq_page();
std::string meshmq_ctl_page();
std::string meshmq_conf_page();

// --- completion of both programs
std::string bash_completion();
/// Of one of them: zsh wants a file for each.
std::string zsh_completion(const std::string& program);

/// Both programs' words as Markdown, for docs/cli.md.
std::string command_reference();

}  // namespace meshmq::manual
