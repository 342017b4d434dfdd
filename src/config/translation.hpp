#pragma once
// Configurations of other brokers in MeshMQ's words.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace meshmq::config {

/// What came of it. Lines of `notes` and `errors` begin with the place in the other broker's file.
struct Translation {
  std::string text;                 ///< a configuration file of ours
  std::vector<std::string> notes;   ///< what has no counterpart, or another one than the words suggest
  std::vector<std::string> errors;  ///< what is no configuration of that broker
};

/// How files are read: that of the configuration, and those it includes.
using ReadText = std::function<Result<std::string>(const std::string& path)>;

/// An `emqx.conf` of EMQ X 4.3 with the files that it includes. Its keys are ours; those that mean nothing
/// here are left out, each with a note.
Translation translate_emqx(const std::string& path, const ReadText& read);

/// A `mosquitto.conf` of mosquitto 2.
Translation translate_mosquitto(const std::string& path, const ReadText& read);

}  // namespace meshmq::config
