#include "net/tls_listener.hpp"

#include <utility>

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

std::shared_ptr<const TlsContext> TlsListener::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

std::unique_ptr<Stage> TlsListener::make_stage() const {
  return std::make_unique<TlsStage>(context());
}

std::pair<ssl_st*, std::shared_ptr<const void>> TlsListener::make_ssl() const {
  std::shared_ptr<const TlsContext> now = context();
  ssl_st* ssl = now->make_ssl().release();
  return {ssl, std::move(now)};
}

Result<void> TlsListener::reload(Warnings& warnings) {
  stamps_.take(files_of(options_));
  auto loaded = TlsContext::load(options_);
  if (!loaded) return tl::unexpected(loaded.error());
  for (std::string& warning : loaded->warnings) warnings.push_back(std::move(warning));
  const std::lock_guard lock(mutex_);
  context_ = std::move(loaded->context);
  return {};
}

}  // namespace meshmq::net
