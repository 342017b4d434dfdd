#include "net/tls_listener.hpp"

#include <system_error>

#include "net/tls_context.hpp"
#include "net/tls_stage.hpp"

namespace meshmq::net {

Result<std::shared_ptr<TlsListener>> TlsListener::open(TlsOptions options, Warnings& warnings) {
  std::shared_ptr<TlsListener> listener(new TlsListener(std::move(options)));
  if (auto loaded = listener->reload(warnings); !loaded) return tl::unexpected(loaded.error());
  return listener;
}

StageFactory TlsListener::factory() {
  return [self = shared_from_this()] { return self->make_stage(); };
}

std::unique_ptr<Stage> TlsListener::make_stage() const {
  std::unique_lock lock(mutex_);
  std::shared_ptr<const TlsContext> context = context_;
  lock.unlock();
  return std::make_unique<TlsStage>(std::move(context));
}

Result<void> TlsListener::reload(Warnings& warnings) {
  stamps_ = stamps();
  auto loaded = TlsContext::load(options_);
  if (!loaded) return tl::unexpected(loaded.error());
  for (std::string& warning : loaded->warnings) warnings.push_back(std::move(warning));
  const std::lock_guard lock(mutex_);
  context_ = std::move(loaded->context);
  return {};
}

bool TlsListener::files_changed() const {
  return stamps() != stamps_;
}

std::vector<TlsListener::Stamp> TlsListener::stamps() const {
  std::vector<Stamp> result;
  const auto add = [&result](const std::string& path) {
    if (path.empty()) return;
    std::error_code ignored;
    result.push_back(
        {std::filesystem::last_write_time(path, ignored), std::filesystem::file_size(path, ignored)});
  };
  const auto add_certificate = [&add](const TlsCertificate& one) {
    for (const std::string* path : {&one.certfile, &one.keyfile, &one.ocspfile}) add(*path);
  };
  add_certificate(options_.certificate);
  for (const TlsCertificate& one : options_.sni) add_certificate(one);
  for (const std::string* path :
       {&options_.cacertfile, &options_.crlfile, &options_.dhfile, &options_.psk_file}) {
    add(*path);
  }
  return result;
}

}  // namespace meshmq::net
