#include "net/dist_tls_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "erldist/term.hpp"
#include "erldist/term_text.hpp"
#include "net/tls_files.hpp"

namespace meshmq::net {

namespace {

using erldist::Term;

constexpr std::string_view key = "node.ssl_dist_optfile";

/// Say nothing here: OpenSSL does them always, never, or in its own way.
constexpr std::string_view without_effect[] = {"secure_renegotiate",
                                               "client_renegotiation",
                                               "renegotiate_at",
                                               "hibernate_after",
                                               "log_level",
                                               "log_alert",
                                               "handshake_timeout",
                                               "honor_ecc_order",
                                               "beast_mitigation",
                                               "padding_check",
                                               "session_tickets",
                                               "early_data",
                                               "max_handshake_size",
                                               "key_update_at",
                                               "anti_replay",
                                               "fallback",
                                               "nodelay",
                                               "sender_spawn_opts",
                                               "receiver_spawn_opts"};

/// One option, as far as it has been read.
struct Option {
  std::string name;
  const Term& value;
};

std::optional<bool> flag_of(const Term& value) {
  if (value.is_atom("true")) return true;
  if (value.is_atom("false")) return false;
  return std::nullopt;
}

/// A string, binary, atom, or a list of them, with commas.
std::optional<std::string> words_of(const Term& value) {
  if (value.kind == Term::Kind::atom || value.kind == Term::Kind::string || value.kind == Term::Kind::binary)
    return value.text;
  if (value.kind != Term::Kind::list || value.improper) return std::nullopt;
  std::string result;
  for (const Term& item : value.items) {
    if (item.kind != Term::Kind::atom && item.kind != Term::Kind::string && item.kind != Term::Kind::binary)
      return std::nullopt;
    result += (result.empty() ? "" : ",") + item.text;
  }
  return result;
}

/// Reads the options of one role.
class RoleReader {
 public:
  RoleReader(std::string where, DistTlsOptions& all, TlsRole role)
      : where_(std::move(where)), all_(all), to_(role == TlsRole::server ? all.server : all.client) {
    to_.role = role;
    to_.setting = where_;
    to_.certificate.setting = where_;
    to_.reuse_sessions = false;
  }

  Result<void> run(const Term& options) {
    if (options.kind != Term::Kind::list || options.improper) return wrong("a list of options", options);
    for (const Term& option : options.items) {
      if (!option.is_tuple(2) || option.items[0].kind != Term::Kind::atom)
        return wrong("{name, value}", option);
      if (auto read = read_one({option.items[0].text, option.items[1]}); !read) return read;
    }
    return complete();
  }

 private:
  using Setter = Result<void> (RoleReader::*)(const Option&);

  Result<void> wrong(std::string_view expected, const Term& found) const {
    return fail(Errc::invalid_argument,
                fmt::format("{}: expected {} but found {}", where_, expected, erldist::print(found)));
  }
  Result<void> wrong(std::string_view expected, const Option& option) const {
    return fail(Errc::invalid_argument, fmt::format("{}.{}: expected {} but found {}", where_, option.name,
                                                    expected, erldist::print(option.value)));
  }

  Result<void> read_one(const Option& option) {
    if (std::string* path = text_field(option.name)) {
      const auto text = erldist::text_of(option.value);
      if (!text) return wrong("a text in quotes", option);
      *path = *text;
      return {};
    }
    if (bool* field = flag_field(option.name)) {
      const auto flag = flag_of(option.value);
      if (!flag) return wrong("true or false", option);
      *field = *flag;
      if (field == &to_.fail_if_no_peer_cert) needs_cert_given_ = true;
      return {};
    }
    if (const Setter setter = setter_of(option.name)) return (this->*setter)(option);
    if (std::find(std::begin(without_effect), std::end(without_effect), option.name) !=
        std::end(without_effect))
      return {};
    return fail(Errc::unsupported, fmt::format("{}.{}: not supported, remove it", where_, option.name));
  }

  std::string* text_field(std::string_view name) {
    const std::pair<std::string_view, std::string*> fields[] = {{"certfile", &to_.certificate.certfile},
                                                                {"keyfile", &to_.certificate.keyfile},
                                                                {"password", &to_.certificate.key_password},
                                                                {"cacertfile", &to_.cacertfile},
                                                                {"crlfile", &to_.crlfile},
                                                                {"dhfile", &to_.dhfile}};
    for (const auto& [known, field] : fields) {
      if (known == name) return field;
    }
    return nullptr;
  }
  bool* flag_field(std::string_view name) {
    if (name == "fail_if_no_peer_cert") return &to_.fail_if_no_peer_cert;
    return name == "honor_cipher_order" ? &to_.honor_cipher_order : nullptr;
  }
  static Setter setter_of(std::string_view name) {
    constexpr std::pair<std::string_view, Setter> setters[] = {
        {"verify", &RoleReader::set_verify},
        {"depth", &RoleReader::set_depth},
        {"versions", &RoleReader::set_versions},
        {"ciphers", &RoleReader::set_ciphers},
        {"crl_check", &RoleReader::set_crl_check},
        {"reuse_sessions", &RoleReader::set_reuse},
        {"server_name_indication", &RoleReader::set_host}};
    for (const auto& [known, setter] : setters) {
      if (known == name) return setter;
    }
    return nullptr;
  }

  Result<void> set_verify(const Option& option) {
    to_.verify_peer = option.value.is_atom("verify_peer");
    verify_given_ = true;
    if (!to_.verify_peer && !option.value.is_atom("verify_none"))
      return wrong("verify_peer or verify_none", option);
    return {};
  }
  Result<void> set_depth(const Option& option) {
    const std::int64_t depth = option.value.integer;
    if (option.value.kind != Term::Kind::integer || depth < 0 || depth > 255)
      return wrong("0 to 255", option);
    to_.depth = static_cast<int>(depth);
    return {};
  }
  Result<void> set_versions(const Option& option) {
    const auto words = words_of(option.value);
    if (!words || words->empty()) return wrong("a list such as ['tlsv1.2','tlsv1.3']", option);
    to_.tls_versions = *words;
    return {};
  }
  Result<void> set_ciphers(const Option& option) {
    const auto words = words_of(option.value);
    if (!words) return wrong("a list of names as OpenSSL's, in quotes", option);
    to_.ciphers = *words;
    return {};
  }
  Result<void> set_crl_check(const Option& option) {
    crl_check_ = !option.value.is_atom("false");
    to_.crl_check_chain = option.value.is_atom("true");
    if (crl_check_ && !to_.crl_check_chain && !option.value.is_atom("peer"))
      return wrong("true, false or peer", option);
    return {};
  }
  /// Nodes stay connected: sessions are not worth keeping.
  Result<void> set_reuse(const Option&) { return {}; }
  Result<void> set_host(const Option& option) {
    all_.check_host = !option.value.is_atom("disable");
    if (!all_.check_host) return {};
    const auto text = erldist::text_of(option.value);
    if (!text || text->empty()) return wrong("a host in quotes, or disable", option);
    all_.as_host = *text;
    return {};
  }

  Result<void> complete() {
    // As Erlang has it: certificate and key may stand in one file.
    if (to_.certificate.keyfile.empty()) to_.certificate.keyfile = to_.certificate.certfile;
    if (!verify_given_) {
      to_.verify_peer = !to_.cacertfile.empty();
      if (!needs_cert_given_) to_.fail_if_no_peer_cert = to_.verify_peer;
    }
    if (to_.role == TlsRole::client) to_.fail_if_no_peer_cert = false;
    if (crl_check_ && to_.crlfile.empty()) {
      return fail(
          Errc::invalid_argument,
          fmt::format("{}.crl_check: needs {{crlfile, \"...\"}}, a file of revocation lists", where_));
    }
    return {};
  }

  std::string where_;
  DistTlsOptions& all_;
  TlsOptions& to_;
  bool verify_given_ = false;
  bool needs_cert_given_ = false;
  bool crl_check_ = false;
};

}  // namespace

Result<DistTlsOptions> parse_dist_tls(std::string_view text, const std::string& path) {
  const std::string file = fmt::format("{}: {}", key, path);
  const auto terms = erldist::parse_terms(text);
  if (!terms) return fail(Errc::invalid_argument, fmt::format("{}: {}", file, terms.error().message));
  const auto wrong = [&](std::string_view found) {
    return fail(
        Errc::invalid_argument,
        fmt::format("{}: expected [{{server, [...]}}, {{client, [...]}}]. but found {}", file, found));
  };
  if (terms->size() != 1) return wrong(terms->empty() ? "nothing" : "several terms");
  const Term& whole = terms->front().term;
  if (whole.kind != Term::Kind::list || whole.improper) return wrong(erldist::print(whole));
  DistTlsOptions options;
  const Term none = Term::list({});
  const Term* server = nullptr;
  const Term* client = &none;
  for (const Term& role : whole.items) {
    if (!role.is_tuple(2)) return wrong(erldist::print(role));
    if (role.items[0].is_atom("server")) {
      server = &role.items[1];
    } else if (role.items[0].is_atom("client")) {
      client = &role.items[1];
    } else {
      return wrong(erldist::print(role.items[0]));
    }
  }
  if (server == nullptr) return wrong("no server");
  if (auto read = RoleReader(file + ": server", options, TlsRole::server).run(*server); !read)
    return tl::unexpected(read.error());
  if (auto read = RoleReader(file + ": client", options, TlsRole::client).run(*client); !read)
    return tl::unexpected(read.error());
  return options;
}

Result<DistTlsOptions> read_dist_tls(const std::string& path) {
  const auto text = read_tls_file({std::string(key), path});
  if (!text) return tl::unexpected(text.error());
  return parse_dist_tls(*text, path);
}

}  // namespace meshmq::net
