#include "net/tls_context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "net/tls_ciphers.hpp"
#include "net/tls_peer.hpp"

namespace meshmq::net {

namespace {

Error setting_error(const std::string& setting, std::string_view what) {
  return {Errc::invalid_argument, fmt::format("{}: {}", setting, what)};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string day(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown day";
  return fmt::format("{}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

/// Negative: past.
int compare_with_now(const ASN1_TIME* time) {
  return X509_cmp_current_time(time);
}

/// Where an SSL knows its context. Not OpenSSL's "app data": Asio's streams hold that place to be theirs.
int context_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

// ---------------------------------------------------------------- loading

std::vector<std::string> files_of(const TlsOptions& options) {
  std::vector<std::string> result;
  const auto add = [&result](const std::string& path) {
    if (!path.empty()) result.push_back(path);
  };
  const auto add_certificate = [&add](const TlsCertificate& one) {
    for (const std::string* path : {&one.certfile, &one.keyfile, &one.ocspfile}) add(*path);
  };
  add_certificate(options.certificate);
  for (const TlsCertificate& one : options.sni) add_certificate(one);
  for (const std::string* path : {&options.cacertfile, &options.crlfile, &options.dhfile, &options.psk_file})
    add(*path);
  return result;
}

Result<TlsContext::Loaded> TlsContext::load(TlsOptions options) {
  std::shared_ptr<TlsContext> context(new TlsContext(std::move(options)));
  Loaded result;
  if (auto loaded = context->load_all(result.warnings); !loaded) return tl::unexpected(loaded.error());
  result.context = std::move(context);
  return result;
}

Result<void> TlsContext::load_all(Warnings& warnings) {
  if (!options_.psk_file.empty()) {
    const PskKeys keys = options_.psk_keys_are_text ? PskKeys::text : PskKeys::hex;
    if (auto read = read_psk_file({setting("psk_file"), options_.psk_file}, keys, psk_); !read) return read;
  }
  for (const std::string& protocol : split_names(options_.alpn)) {
    if (protocol.size() > 255) return tl::unexpected(setting_error(setting("alpn"), "too long"));
    protocols_.push_back(static_cast<char>(protocol.size()));
    protocols_.append(protocol);
  }
  const auto trust = load_trust(warnings);
  if (!trust) return tl::unexpected(trust.error());
  auto first = load_identity(options_.certificate, *trust, warnings);
  if (!first) return tl::unexpected(first.error());
  main_ = std::move(*first);
  for (const TlsCertificate& certificate : options_.sni) {
    Warnings repeated;  // those about ciphers and versions have been said
    auto other = load_identity(certificate, *trust, repeated);
    if (!other) return tl::unexpected(other.error());
    others_.push_back(std::move(*other));
  }
  SSL_CTX* context = main_->context.get();
  SSL_CTX_set_tlsext_servername_callback(context, choose_host);
  SSL_CTX_set_tlsext_servername_arg(context, this);
  if (!options_.psk_file.empty()) SSL_CTX_set_psk_server_callback(context, find_psk);
  return {};
}

Result<TlsContext::Trust> TlsContext::load_trust(Warnings& warnings) const {
  Trust trust;
  if (!options_.cacertfile.empty()) {
    auto authorities = read_certificates({setting("cacertfile"), options_.cacertfile});
    if (!authorities) return tl::unexpected(authorities.error());
    trust.authorities = std::move(*authorities);
  } else if (options_.verify_peer) {
    return tl::unexpected(setting_error(
        setting("verify"), fmt::format("verify_peer needs {} to know whom to trust", setting("cacertfile"))));
  }
  if (options_.fail_if_no_peer_cert && !options_.verify_peer) {
    return tl::unexpected(setting_error(setting("fail_if_no_peer_cert"),
                                        fmt::format("needs {} = verify_peer", setting("verify"))));
  }
  if (!options_.crlfile.empty()) {
    auto lists = read_crls({setting("crlfile"), options_.crlfile});
    if (!lists) return tl::unexpected(lists.error());
    for (const X509CrlPtr& list : *lists) {
      const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list.get());
      if (next != nullptr && compare_with_now(next) < 0) {
        warnings.push_back(fmt::format("{}: {}: a list was to be replaced on {}: its clients are refused",
                                       setting("crlfile"), options_.crlfile, day(next)));
      }
    }
    trust.revocations = std::move(*lists);
  }
  if (!options_.dhfile.empty()) {
    auto dh = read_dh_parameters({setting("dhfile"), options_.dhfile});
    if (!dh) return tl::unexpected(dh.error());
    trust.dh = std::move(*dh);
  }
  return trust;
}

Result<std::unique_ptr<TlsContext::Identity>> TlsContext::load_identity(const TlsCertificate& certificate,
                                                                        const Trust& trust,
                                                                        Warnings& warnings) const {
  auto identity = std::make_unique<Identity>();
  const bool server = options_.role == TlsRole::server;
  identity->context.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* context = identity->context.get();
  if (context == nullptr) return tl::unexpected(setting_error(options_.setting, take_openssl_error()));
  if (auto set = set_versions(context); !set) return tl::unexpected(set.error());
  if (auto set = set_ciphers(context, warnings); !set) return tl::unexpected(set.error());
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  if (options_.honor_cipher_order) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (trust.dh) {
    EVP_PKEY_up_ref(trust.dh.get());
    if (SSL_CTX_set0_tmp_dh_pkey(context, trust.dh.get()) != 1) {
      EVP_PKEY_free(trust.dh.get());
      return tl::unexpected(setting_error(setting("dhfile"), take_openssl_error()));
    }
  } else {
    SSL_CTX_set_dh_auto(context, 1);
  }
  set_trust(context, trust);
  set_sessions(context);
  if (!protocols_.empty()) {
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, const_cast<TlsContext*>(this));
  }
  const bool may_lack = !options_.psk_file.empty() || options_.role == TlsRole::client;
  if (!certificate.certfile.empty() || !may_lack) {
    if (auto used = use_certificate(*identity, certificate, warnings); !used)
      return tl::unexpected(used.error());
  }
  return identity;
}

Result<void> TlsContext::use_certificate(Identity& identity, const TlsCertificate& certificate,
                                         Warnings& warnings) const {
  const TlsFile cert_file{certificate.setting + ".certfile", certificate.certfile};
  const TlsFile key_file{certificate.setting + ".keyfile", certificate.keyfile};
  for (const TlsFile* file : {&cert_file, &key_file}) {
    if (file->path.empty()) return tl::unexpected(setting_error(file->setting, "is not set"));
  }
  const auto chain = read_chain(cert_file);
  if (!chain) return tl::unexpected(chain.error());
  const auto key = read_private_key(key_file, certificate.key_password);
  if (!key) return tl::unexpected(key.error());
  X509* leaf = chain->leaf.get();
  if (X509_check_private_key(leaf, key->get()) != 1) {
    ERR_clear_error();
    return tl::unexpected(setting_error(
        key_file.setting,
        fmt::format("{} is not the key of the certificate in {}", key_file.path, cert_file.path)));
  }
  SSL_CTX* context = identity.context.get();
  bool used = SSL_CTX_use_certificate(context, leaf) == 1;
  for (const X509Ptr& one : chain->intermediates)
    used = used && SSL_CTX_add1_chain_cert(context, one.get()) == 1;
  if (!used || SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
    return tl::unexpected(
        setting_error(cert_file.setting, fmt::format("{}: {}", cert_file.path, take_openssl_error())));
  }
  if (compare_with_now(X509_get0_notAfter(leaf)) < 0) {
    warnings.push_back(fmt::format("{}: {}: the certificate expired on {}: clients will refuse it",
                                   cert_file.setting, cert_file.path, day(X509_get0_notAfter(leaf))));
  } else if (compare_with_now(X509_get0_notBefore(leaf)) > 0) {
    warnings.push_back(fmt::format("{}: {}: the certificate is valid from {} on only", cert_file.setting,
                                   cert_file.path, day(X509_get0_notBefore(leaf))));
  }
  identity.hosts = host_names(leaf);
  if (!certificate.hostname.empty()) identity.hosts.assign(1, certificate.hostname);
  for (std::string& host : identity.hosts) host = lower(host);
  if (certificate.ocspfile.empty()) return {};
  auto response = read_tls_file({certificate.setting + ".ocspfile", certificate.ocspfile});
  if (!response) return tl::unexpected(response.error());
  identity.ocsp_response = std::move(*response);
  SSL_CTX_set_tlsext_status_cb(context, staple);
  SSL_CTX_set_tlsext_status_arg(context, &identity);
  return {};
}

// ---------------------------------------------------------------- settings

Result<void> TlsContext::set_versions(SSL_CTX* context) const {
  const auto range = parse_versions(options_.tls_versions);
  if (!range) return tl::unexpected(setting_error(setting("tls_versions"), range.error().message));
  SSL_CTX_set_min_proto_version(context, range->min);
  SSL_CTX_set_max_proto_version(context, range->max);
  SSL_CTX_set_options(context, range->holes);
  // Their handshakes are signed with SHA-1, which higher levels do not allow.
  if (range->min < TLS1_2_VERSION) SSL_CTX_set_security_level(context, 0);
  return {};
}

Result<void> TlsContext::set_ciphers(SSL_CTX* context, Warnings& warnings) const {
  const bool psk = !options_.psk_ciphers.empty();
  if (psk && !options_.ciphers.empty()) {
    return tl::unexpected(
        setting_error(setting("psk_ciphers"), fmt::format("set either these or {}", setting("ciphers"))));
  }
  const std::string which = setting(psk ? "psk_ciphers" : "ciphers");
  if (psk && options_.psk_file.empty())
    return tl::unexpected(setting_error(which, fmt::format("needs {}", setting("psk_file"))));
  const CipherLists lists = sort_ciphers(psk ? options_.psk_ciphers : options_.ciphers);
  if (!lists.unknown.empty()) {
    warnings.push_back(
        fmt::format("{}: OpenSSL does not know {}: left out", which, fmt::join(lists.unknown, ", ")));
  }
  const bool old_ones = !lists.tls12.empty() && SSL_CTX_set_cipher_list(context, lists.tls12.c_str()) == 1;
  const bool new_ones = !lists.tls13.empty() && SSL_CTX_set_ciphersuites(context, lists.tls13.c_str()) == 1;
  ERR_clear_error();
  if (lists.given && !old_ones && !new_ones)
    return tl::unexpected(setting_error(which, "OpenSSL knows none of them"));
  // Only those of TLS 1.3 were named: none of the default ones may come in for older versions.
  if (lists.given && !old_ones) SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  return {};
}

void TlsContext::set_trust(SSL_CTX* context, const Trust& trust) const {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& authority : trust.authorities) {
    X509_STORE_add_cert(store, authority.get());
    if (options_.verify_peer) SSL_CTX_add_client_CA(context, authority.get());
  }
  for (const X509CrlPtr& list : trust.revocations) X509_STORE_add_crl(store, list.get());
  if (!trust.revocations.empty()) {
    X509_STORE_set_flags(store,
                         X509_V_FLAG_CRL_CHECK | (options_.crl_check_chain ? X509_V_FLAG_CRL_CHECK_ALL : 0));
  }
  if (!options_.verify_peer) return;
  SSL_CTX_set_verify(context,
                     SSL_VERIFY_PEER | (options_.fail_if_no_peer_cert ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  SSL_CTX_set_verify_depth(context, options_.depth);
}

/// Sessions live in tickets, with the client: nothing is kept here.
void TlsContext::set_sessions(SSL_CTX* context) const {
  constexpr unsigned char name[] = "meshmq";
  SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (options_.reuse_sessions) {
    SSL_CTX_set_num_tickets(context, 1);
  } else {
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  }
}

// ---------------------------------------------------------------- connections

SslPtr TlsContext::make_ssl(const std::string& host) const {
  SslPtr ssl(SSL_new(main_->context.get()));
  if (ssl == nullptr) return ssl;
  SSL_set_ex_data(ssl.get(), context_index(), const_cast<TlsContext*>(this));
  if (options_.role == TlsRole::server) {
    SSL_set_accept_state(ssl.get());
    return ssl;
  }
  SSL_set_connect_state(ssl.get());
  if (host.empty()) return ssl;
  // An address is no server name [RFC 6066 3], but stands in certificates as such.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str()) == 1) return ssl;
  ERR_clear_error();
  if (SSL_set1_host(ssl.get(), host.c_str()) != 1) return nullptr;
  if (SSL_set_tlsext_host_name(ssl.get(), host.c_str()) != 1) return nullptr;
  return ssl;
}

int TlsContext::choose_host(SSL* ssl, int*, void* self) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const std::string host = lower(name);
  const auto serves = [&host](const Identity& identity) {
    return std::any_of(identity.hosts.begin(), identity.hosts.end(),
                       [&host](const std::string& pattern) { return host_matches(pattern, host); });
  };
  const auto& context = *static_cast<const TlsContext*>(self);
  if (serves(*context.main_)) return SSL_TLSEXT_ERR_OK;
  for (const auto& other : context.others_) {
    if (!serves(*other)) continue;
    SSL_set_SSL_CTX(ssl, other->context.get());
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

/// RFC 7301 3.2: a client that speaks only other protocols is told so.
int TlsContext::choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                                const unsigned char* offered, unsigned offered_size, void* self) {
  const std::string& ours = static_cast<const TlsContext*>(self)->protocols_;
  const auto* list = reinterpret_cast<const unsigned char*>(ours.data());
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, list, static_cast<unsigned>(ours.size()),
                                          offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int TlsContext::staple(SSL* ssl, void* identity) {
  const std::string& response = static_cast<const Identity*>(identity)->ocsp_response;
  // OpenSSL frees it.
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(response.data(), response.size()));
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));
  return SSL_TLSEXT_ERR_OK;
}

unsigned TlsContext::find_psk(SSL* ssl, const char* name, unsigned char* psk, unsigned psk_bytes_max) {
  const auto& context = *static_cast<const TlsContext*>(SSL_get_ex_data(ssl, context_index()));
  const auto found = name == nullptr ? context.psk_.end() : context.psk_.find(name);
  if (found == context.psk_.end() || found->second.size() > psk_bytes_max) return 0;
  std::memcpy(psk, found->second.data(), found->second.size());
  return static_cast<unsigned>(found->second.size());
}

}  // namespace meshmq::net
