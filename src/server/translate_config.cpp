#include "server/translate_config.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "config/load.hpp"
#include "config/source.hpp"
#include "config/translation.hpp"

namespace meshmq::server {

namespace {

Result<std::string> read_text(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.is_open() && !file.bad()) return text;
  return fail(Errc::io, fmt::format("cannot read {}: {}", path, std::strerror(errno != 0 ? errno : EIO)));
}

}  // namespace

int translate_config(const Options& options) {
  const config::Translation translation =
      options.from_emqx ? config::translate_emqx(*options.from_emqx, read_text)
                        : config::translate_mosquitto(*options.from_mosquitto, read_text);
  fmt::print("{}", translation.text);
  for (const std::string& note : translation.notes) fmt::print(stderr, "{}\n", note);
  for (const std::string& error : translation.errors) fmt::print(stderr, "{}\n", error);
  config::Request request;
  for (const config::Setting& setting : config::parse_file(translation.text, "translation").settings) {
    request.arguments.push_back(setting.key + "=" + setting.value);
  }
  const config::Loaded loaded = config::load(request);
  for (const std::string& error : loaded.errors) fmt::print(stderr, "the translation: {}\n", error);
  return translation.errors.empty() && loaded.errors.empty() ? 0 : 1;
}

}  // namespace meshmq::server
