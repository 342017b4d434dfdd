#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "admin/command_table.hpp"
#include "manual/manual.hpp"
#include "manual/words.hpp"
#include "server/options.hpp"

namespace meshmq::manual {

namespace {

constexpr std::string_view ctl_options[] = {"--config",   "--node", "--cookie",
                                            "--data-dir", "--json", "--help"};
constexpr std::string_view server_options[] = {"--config",         "--data-dir", "--set",
                                               "--ports-file",     "--pid-file", "--from-emqx",
                                               "--from-mosquitto", "--help"};
/// Those with a value of their own behind them.
constexpr std::string_view valued =
    "--config|--node|--cookie|--data-dir|--set|--ports-file|--pid-file|--from-emqx|--from-mosquitto";
constexpr std::string_view with_path =
    "--config|--data-dir|--ports-file|--pid-file|--from-emqx|--from-mosquitto";

std::string cases(const NextWords& words, std::string_view form) {
  std::string text;
  for (const auto& [before, next] : words)
    text += fmt::format(fmt::runtime(form), before, fmt::join(next, " "));
  return text;
}

std::string bash_function(std::string_view program, const NextWords& words, const std::string& options) {
  constexpr std::string_view text = R"(_{0}() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}" before="" next="" i
    case "${{COMP_WORDS[COMP_CWORD-1]}}" in
        {3}) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "{2}" -- "$cur")
        return
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${{COMP_WORDS[i]}}" in
            {4}) ((i++)) ;;
            -*) ;;
            *) before="${{before:+$before }}${{COMP_WORDS[i]}}" ;;
        esac
    done
    case "$before" in
{1}    esac
    mapfile -t COMPREPLY < <(compgen -W "$next" -- "$cur")
}}
complete -F _{0} {0}
)";
  return fmt::format(text, program, cases(words, "        \"{}\") next=\"{}\" ;;\n"), options, with_path,
                     valued);
}

}  // namespace

void add_form(NextWords& words, std::string_view form) {
  std::string before;
  while (!form.empty()) {
    const std::size_t first = form.find_first_not_of(' ');
    if (first == std::string_view::npos) return;
    form.remove_prefix(first);
    std::string_view word = form.substr(0, form.find(' '));
    form.remove_prefix(word.size());
    if (word.find_first_of("<[") != std::string_view::npos) return;
    // `stop|status`: either, and nothing behind it.
    while (true) {
      const std::size_t bar = std::min(word.find('|'), word.size());
      words[before].emplace(word.substr(0, bar));
      if (bar == word.size()) break;
      word.remove_prefix(bar + 1);
    }
    before += (before.empty() ? "" : " ") + std::string(word);
  }
}

NextWords words_of_meshmq() {
  NextWords words;
  for (const server::Verb& verb : server::all_verbs()) add_form(words, verb.word);
  return words;
}

NextWords words_of_meshmq_ctl() {
  NextWords words;
  words[""].emplace("help");
  for (const admin::CommandUsage& command : admin::all_commands()) {
    for (const admin::UsageLine& line : command.usage) add_form(words, line.form);
  }
  return words;
}

std::string bash_completion() {
  return "# bash completion of meshmq and meshmq_ctl\n" +
         bash_function("meshmq", words_of_meshmq(), fmt::format("{}", fmt::join(server_options, " "))) +
         bash_function("meshmq_ctl", words_of_meshmq_ctl(), fmt::format("{}", fmt::join(ctl_options, " ")));
}

std::string zsh_completion(const std::string& program) {
  const bool ctl = program == "meshmq_ctl";
  constexpr std::string_view text = R"(#compdef {0}
_{0}() {{
    local before="" i
    local -a next
    case "${{words[CURRENT-1]}}" in
        {3}) _files; return ;;
    esac
    if [[ ${{words[CURRENT]}} == -* ]]; then
        compadd -- {2}
        return
    fi
    for ((i = 2; i < CURRENT; i++)); do
        case "${{words[i]}}" in
            {4}) ((i++)) ;;
            -*) ;;
            *) before="${{before:+$before }}${{words[i]}}" ;;
        esac
    done
    case "$before" in
{1}    esac
    compadd -- $next
}}
_{0} "$@"
)";
  const NextWords words = ctl ? words_of_meshmq_ctl() : words_of_meshmq();
  const std::string options = ctl ? fmt::format("{}", fmt::join(ctl_options, " "))
                                  : fmt::format("{}", fmt::join(server_options, " "));
  return fmt::format(text, program, cases(words, "        \"{}\") next=({}) ;;\n"), options, with_path,
                     valued);
}

}  // namespace meshmq::manual
