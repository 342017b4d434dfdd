#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "config/schema.hpp"
#include "config/source.hpp"
#include "config/translation.hpp"
#include "config/value.hpp"

namespace meshmq::config {

namespace {

constexpr std::string_view blanks = " \t\r";

/// A line that says something.
struct Line {
  std::string origin;
  std::string word;
  std::string value;
};

/// An option that becomes a key as it stands.
struct Same {
  std::string_view word;
  std::string_view key;
};

constexpr Same global[] = {
    {"allow_anonymous", "allow_anonymous"},
    {"max_inflight_messages", "zone.external.max_inflight"},
    {"max_queued_messages", "zone.external.max_mqueue_len"},
    {"max_packet_size", "mqtt.max_packet_size"},
    {"max_topic_alias", "mqtt.max_topic_alias"},
    {"max_topic_alias_broker", "mqtt.max_topic_alias_broker"},
    {"queue_qos0_messages", "zone.external.mqueue_store_qos0"},
    {"retain_available", "mqtt.retain_available"},
};

constexpr Same of_listener[] = {
    {"max_connections", "max_connections"},
    {"mount_point", "mountpoint"},
};

constexpr Same of_tls[] = {
    {"certfile", "certfile"}, {"keyfile", "keyfile"}, {"cafile", "cacertfile"},
    {"crlfile", "crlfile"},   {"ciphers", "ciphers"}, {"dhparamfile", "dhfile"},
};

/// Left out, and why.
constexpr Same without[] = {
    {"acl_file", "rules have another form here: acl_file and `meshmq_ctl acl` (docs/access.md)"},
    {"password_file",
     "passwords cannot be taken over: `meshmq_ctl user add` makes users anew (docs/access.md)"},
    {"plugin", "plugins have no counterpart"},
    {"auth_plugin", "plugins have no counterpart"},
    {"global_plugin", "plugins have no counterpart"},
    {"psk_file", "keys stand in listener.ssl.*.psk_keys here (docs/tls.md)"},
    {"psk_hint", "keys stand in listener.ssl.*.psk_keys here (docs/tls.md)"},
    {"connection",
     "bridges have no counterpart: brokers of ours become one by `meshmq_ctl cluster join`; another broker "
     "can still "
     "connect to this one as a client"},
    {"user", "the service manager says which user it runs as"},
    {"pid_file", "it stands in node.data_dir"},
    {"http_dir", "the broker serves no files"},
    {"capath", "name one file with all of them: listener.ssl.*.cacertfile"},
    {"max_keepalive", "zone.*.server_keepalive sets one for everybody"},
    {"persistence_location", "sessions and retained messages are in node.data_dir"},
    {"persistence", "sessions and retained messages are always on disk (docs/storage.md)"},
    {"per_listener_settings", "zones have settings of their own: listener.*.*.zone"},
    {"memory_limit", "limits are those of queues and connections (docs/configuration.md)"},
    {"auto_id_prefix", "names that the broker gives have no prefix"},
    {"clientid_prefixes", "rules may name clients: acl_file"},
};

/// Without effect, and nobody misses it.
constexpr std::string_view silent[] = {
    "allow_duplicate_messages",
    "allow_zero_length_clientid",
    "autosave_interval",
    "autosave_on_changes",
    "check_retain_source",
    "connection_messages",
    "log_timestamp",
    "log_timestamp_format",
    "persistence_file",
    "set_tcp_nodelay",
    "socket_domain",
    "websockets_headers_size",
    "websockets_log_level",
    "message_size_limit",
    "max_inflight_bytes",
    "max_queued_bytes",
    "retain_expiry_interval",
    "tls_keyform",
    "tls_engine",
    "ciphers_tls1.3",
};

struct LogLevel {
  std::string_view type;
  std::string_view level;
};
/// The finest that is named counts.
constexpr LogLevel log_levels[] = {
    {"debug", "debug"},      {"all", "debug"},     {"subscribe", "debug"}, {"unsubscribe", "debug"},
    {"information", "info"}, {"notice", "notice"}, {"warning", "warning"}, {"error", "error"},
};

struct Listener {
  std::string origin;
  std::string address;
  bool unix_socket = false;
  std::vector<Line> lines;

  const std::string* find(std::string_view word) const {
    const auto line =
        std::find_if(lines.begin(), lines.end(), [&](const Line& one) { return one.word == word; });
    return line == lines.end() ? nullptr : &line->value;
  }
  bool says(std::string_view word) const {
    const std::string* value = find(word);
    return value != nullptr && *value == "true";
  }
};

const Same* find(std::span<const Same> table, std::string_view word) {
  const auto it = std::find_if(table.begin(), table.end(), [&](const Same& one) { return one.word == word; });
  return it == table.end() ? nullptr : &*it;
}

/// `14d`: hours, days, weeks, months of 30 days, years.
std::optional<std::uint64_t> expiry_seconds(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || text.data() + text.size() - end != 1) return std::nullopt;
  constexpr std::uint64_t hour = 3600;
  switch (*end) {
    case 'h':
      return count * hour;
    case 'd':
      return count * hour * 24;
    case 'w':
      return count * hour * 24 * 7;
    case 'm':
      return count * hour * 24 * 30;
    case 'y':
      return count * hour * 24 * 365;
    default:
      return std::nullopt;
  }
}

class MosquittoTranslator {
 public:
  explicit MosquittoTranslator(const ReadText& read) : read_(read) {}

  Translation run(const std::string& path) {
    result_.text = fmt::format("## Translated from {}, of mosquitto.\n\n", path);
    file(path);
    for (const Line& line : lines_) take(line);
    write_log();
    write_listeners();
    // mosquitto 2 lets nobody in without a name as soon as it is told where to listen.
    if (!anonymous_said_ && !listeners_.empty()) set("allow_anonymous", "false");
    return std::move(result_);
  }

 private:
  void file(const std::string& path) {
    const auto text = read_(path);
    if (!text) return result_.errors.push_back(text.error().message);
    std::size_t number = 0;
    for (std::string_view rest = *text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++number;
      if (line.empty() || line.front() == '#') continue;
      const std::size_t blank = std::min(line.find_first_of(blanks), line.size());
      Line one{fmt::format("{}:{}", path, number), std::string(line.substr(0, blank)),
               std::string(trim(line.substr(blank)))};
      if (one.word == "include_dir") {
        include(one);
      } else if (one.value.empty()) {
        result_.errors.push_back(fmt::format("{}: {} has no value", one.origin, one.word));
      } else {
        lines_.push_back(std::move(one));
      }
    }
  }

  /// Files that end in `.conf`, in the order of their names.
  void include(const Line& line) {
    std::error_code error;
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(line.value, error)) {
      if (entry.path().extension() == ".conf") names.push_back(entry.path().string());
    }
    if (error) result_.errors.push_back(fmt::format("{}: {}: {}", line.origin, line.value, error.message()));
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) file(name);
  }

  void take(const Line& line) {
    if (line.word == "listener" || line.word == "port") return begin_listener(line);
    if (line.word == "connection") in_bridge_ = true;
    // What follows a bridge's beginning is the bridge's.
    if (in_bridge_) return note_bridge(line);
    if (line.word == "allow_anonymous") anonymous_said_ = true;
    if (const Same* same = find(global, line.word)) return set(same->key, line.value);
    if (line.word == "log_type" || line.word == "log_dest") return log_lines_.push_back(line);
    if (line.word == "sys_interval") return set("broker.sys_interval", line.value + "s");
    if (line.word == "persistent_client_expiration") return set_expiry(line);
    if (line.word == "upgrade_outgoing_qos") return set("zone.external.upgrade_qos", flag(line.value));
    if (line.word == "use_username_as_clientid")
      return set("zone.external.use_username_as_clientid", line.value);
    if (belongs_to_listener(line.word)) return of_current(line);
    if (const Same* reason = find(without, line.word)) return note(line, std::string(reason->key));
    if (std::find(std::begin(silent), std::end(silent), line.word) != std::end(silent)) return;
    note(line, "is no option of mosquitto that MeshMQ knows");
  }

  static std::string flag(std::string_view value) { return value == "true" ? "on" : "off"; }

  static bool belongs_to_listener(std::string_view word) {
    constexpr std::string_view words[] = {"protocol",
                                          "require_certificate",
                                          "tls_version",
                                          "bind_address",
                                          "use_identity_as_username",
                                          "use_subject_as_username",
                                          "websockets_origin",
                                          "bind_interface"};
    return find(of_listener, word) != nullptr || find(of_tls, word) != nullptr ||
           std::find(std::begin(words), std::end(words), word) != std::end(words);
  }

  void note_bridge(const Line& line) {
    if (line.word == "connection") note(line, std::string(find(without, "connection")->key));
  }

  void set_expiry(const Line& line) {
    const auto seconds = expiry_seconds(line.value);
    if (!seconds) return note(line, "is left out: expected a number and h, d, w, m or y");
    set("zone.external.session_expiry_interval", fmt::format("{}s", *seconds));
    set("zone.external.max_session_expiry_interval", fmt::format("{}s", *seconds));
  }

  /// `listener 8883 10.0.0.1`, `listener 0 /path/to/socket`, `port 1883`.
  void begin_listener(const Line& line) {
    in_bridge_ = false;
    const std::size_t blank = std::min(line.value.find_first_of(blanks), line.value.size());
    const std::string port = line.value.substr(0, blank);
    const std::string host(trim(std::string_view(line.value).substr(blank)));
    Listener listener{line.origin, {}, port == "0" && host.starts_with('/'), {}};
    if (listener.unix_socket) {
      listener.address = host;
    } else if (host.empty()) {
      listener.address = port;
    } else {
      listener.address =
          fmt::format(fmt::runtime(host.find(':') != std::string::npos ? "[{}]:{}" : "{}:{}"), host, port);
    }
    listeners_.push_back(std::move(listener));
  }

  void of_current(const Line& line) {
    // Before any `listener` stands what belongs to that of `port`, 1883 if it is not named.
    if (listeners_.empty()) listeners_.push_back({line.origin, "1883", false, {}});
    Listener& listener = listeners_.back();
    if (line.word == "bind_address") {
      listener.address = line.value + ":" + listener.address;
    } else if (line.word == "bind_interface") {
      note(line, "an address of that interface can be named: listener.tcp.*");
    } else {
      listener.lines.push_back(line);
    }
  }

  void write_listeners() {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      const Listener& listener = listeners_[i];
      const bool tls = listener.find("certfile") != nullptr;
      const std::string* protocol = listener.find("protocol");
      const bool websocket = protocol != nullptr && *protocol == "websockets";
      const std::string_view kind = listener.unix_socket ? "unix"
                                    : websocket          ? (tls ? "wss" : "ws")
                                    : tls                ? "ssl"
                                                         : "tcp";
      const std::string name = i == 0 ? "external" : fmt::format("external{}", i + 1);
      const std::string key = fmt::format("listener.{}.{}", kind, name);
      set(key, listener.address);
      // The settings of clients were written for this one.
      set(key + ".zone", "external");
      for (const Line& line : listener.lines) write_line(key, tls, line);
      if (listener.says("require_certificate")) {
        set(key + ".verify", "verify_peer");
        set(key + ".fail_if_no_peer_cert", "true");
      }
      if (listener.says("use_identity_as_username")) set(key + ".peer_cert_as_username", "cn");
      if (listener.says("use_subject_as_username")) set(key + ".peer_cert_as_username", "dn");
    }
  }

  void write_line(const std::string& key, bool tls, const Line& line) {
    if (const Same* same = find(of_listener, line.word)) {
      // -1: no limit of its own.
      if (line.value != "-1") set(fmt::format("{}.{}", key, same->key), line.value);
    } else if (const Same* secret = find(of_tls, line.word)) {
      if (tls) set(fmt::format("{}.{}", key, secret->key), line.value);
    } else if (line.word == "tls_version") {
      set(key + ".tls_versions", line.value == "tlsv1.3" ? "tlsv1.3" : "tlsv1.3,tlsv1.2");
    } else if (line.word == "websockets_origin") {
      set(key + ".check_origin_enable", "true");
      set(key + ".check_origins", line.value);
    }
  }

  void write_log() {
    const LogLevel* finest = nullptr;
    for (const Line& line : log_lines_) {
      if (line.word == "log_dest") {
        write_log_destination(line);
        continue;
      }
      const auto level = std::find_if(std::begin(log_levels), std::end(log_levels),
                                      [&](const LogLevel& one) { return one.type == line.value; });
      if (level != std::end(log_levels) && (finest == nullptr || level < finest)) finest = level;
    }
    if (finest != nullptr) set("log.level", finest->level);
  }

  void write_log_destination(const Line& line) {
    if (line.value.starts_with("file ")) {
      const std::filesystem::path path(trim(std::string_view(line.value).substr(5)));
      set("log.to", "file");
      set("log.dir", path.parent_path().string());
      set("log.file", path.filename().string());
    } else if (line.value == "stdout" || line.value == "stderr") {
      set("log.to", "console");
    } else if (line.value == "syslog") {
      set("log.to", "syslog");
    } else if (line.value == "none") {
      set("log.to", "off");
    } else {
      note(line, "the log goes to the console, to a file or to syslog: log.to");
    }
  }

  void set(std::string_view key, std::string_view value) {
    const auto known =
        std::find_if(keys().begin(), keys().end(), [&](const Key& one) { return matches(one.key, key); });
    MESHMQ_ASSERT(known != keys().end(), "the tables above name keys of ours");
    if (const auto parsed = parse_value(known->type, value, known->range, known->words); !parsed) {
      result_.notes.push_back(
          fmt::format("{} = {} is left out: expected {}", key, value, parsed.error().message));
      return;
    }
    result_.text += fmt::format("{} = {}\n", key, value);
  }
  void note(const Line& line, const std::string& why) {
    result_.notes.push_back(fmt::format("{}: {} {}: {}", line.origin, line.word, line.value, why));
  }

  const ReadText& read_;
  Translation result_;
  std::vector<Line> lines_;
  std::vector<Line> log_lines_;
  std::vector<Listener> listeners_;
  bool anonymous_said_ = false;
  bool in_bridge_ = false;
};

}  // namespace

Translation translate_mosquitto(const std::string& path, const ReadText& read) {
  return MosquittoTranslator(read).run(path);
}

}  // namespace meshmq::config
