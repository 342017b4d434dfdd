#include "server/control_shell.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/clock.hpp"
#include "sasl/password_hash.hpp"

namespace meshmq::server {

namespace asio = boost::asio;

ControlShell::ControlShell(asio::io_context& io, std::span<net::WorkerThread* const> workers, WorkPool& pool,
                           Save save)
    : io_(io), workers_(workers.begin(), workers.end()), pool_(pool), save_(std::move(save)) {}

void ControlShell::end_turn_soon() {
  if (std::exchange(turn_due_, true)) return;
  asio::post(io_, [this] {
    turn_due_ = false;
    if (control_->end_of_turn(net::read_clock())) end_turn_soon();
  });
}

void ControlShell::to_worker(node::WorkerIndex worker, node::ToWorker message) {
  workers_[worker.value]->send(std::move(message));
}

void ControlShell::operation_done(node::OperationId operation, Result<void> result) {
  asio::post(io_, [this, operation, result = std::move(result)] {
    if (on_operation_done) on_operation_done(operation, result);
  });
}

void ControlShell::settings_changed() {
  if (std::exchange(settings_due_, true)) return;
  asio::post(io_, [this] {
    settings_due_ = false;
    if (on_settings_changed) on_settings_changed();
  });
}

void ControlShell::check_password(node::PasswordCheckId id, std::string password,
                                  std::vector<std::string> hashes) {
  const auto fits = std::make_shared<bool>(false);
  pool_.run(
      [fits, password = std::move(password), hashes = std::move(hashes)] {
        *fits = std::any_of(hashes.begin(), hashes.end(),
                            [&](const std::string& hash) { return sasl::password_fits(hash, password); });
      },
      [this, id, fits] { event([&](node::Control& control) { control.password_checked(id, *fits); }); });
}

void ControlShell::query_done(node::OperationId operation, std::vector<node::QueryReply> replies) {
  asio::post(io_, [this, operation, replies = std::move(replies)]() mutable {
    if (on_query_done) on_query_done(operation, std::move(replies));
  });
}

void ControlShell::verified(node::OperationId operation, const cluster::VerifyReport& report) {
  asio::post(io_, [this, operation, report] {
    if (on_verified) on_verified(operation, report);
  });
}

void ControlShell::peer_asks(const node::PeerCall& call, std::string question) {
  asio::post(io_, [this, call, question = std::move(question)] {
    if (on_peer_asks) on_peer_asks(call, question);
  });
}

void ControlShell::peer_answered(node::OperationId operation, Result<std::string> answer) {
  asio::post(io_, [this, operation, answer = std::move(answer)] {
    if (on_peer_answered) on_peer_answered(operation, answer);
  });
}

}  // namespace meshmq::server
