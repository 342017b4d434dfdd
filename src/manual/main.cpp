// meshmq_write_manual DIRECTORY: manual pages and completion, as packages hold them. Without one: the
// reference of commands, for docs/cli.md.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "manual/manual.hpp"

int main(int argc, char** argv) {
  using namespace meshmq::manual;
  if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
    std::fputs("usage: meshmq_write_manual [DIRECTORY]\n", stderr);
    return 2;
  }
  if (argc < 2) {
    std::fputs(command_reference().c_str(), stdout);
    return 0;
  }
  const std::pair<const char*, std::string> files[] = {
      {"meshmq.1", meshmq_page()},           {"meshmq_ctl.1", meshmq_ctl_page()},
      {"meshmq.conf.5", meshmq_conf_page()}, {"meshmq.bash", bash_completion()},
      {"_meshmq", zsh_completion("meshmq")}, {"_meshmq_ctl", zsh_completion("meshmq_ctl")},
  };
  const std::filesystem::path directory = argv[1];
  std::filesystem::create_directories(directory);
  for (const auto& [name, text] : files) {
    std::ofstream file(directory / name, std::ios::binary);
    file << text;
    if (!file.flush()) {
      std::fprintf(stderr, "cannot write %s\n", (directory / name).c_str());
      return 1;
    }
  }
  return 0;
}
