#include "admin/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "admin/command_table.hpp"
#include "admin/explain_steps.hpp"
#include "node/access_admin.hpp"

namespace meshmq::admin {

namespace {

using Steps = std::vector<broker::ExplainStep>;

/// One explanation under way: the publishing node, then all nodes for the client, then the way between the
/// two.
class Inquiry : public std::enable_shared_from_this<Inquiry> {
 public:
  using Done = std::function<void(const Result<Explanation>&)>;

  Inquiry(Desk& desk, ExplainRequest request, Now now, Done done)
      : desk_(desk), request_(std::move(request)), now_(now), done_(std::move(done)), topic_(request_.topic) {
    if (request_.from.empty()) request_.from = desk_.name;
  }

  void begin() {
    ask(request_.from, {"explain-publish", request_.topic, qos(), request_.publisher},
        [self = shared_from_this()](const Result<Steps>& steps) { self->published(steps); });
  }

 private:
  using Answered = std::function<void(const Result<Steps>&)>;

  std::string qos() const { return std::to_string(static_cast<int>(request_.qos)); }

  void ask(const std::string& node, std::vector<std::string> words, Answered answered) {
    words.insert(words.begin(), "trace");
    const auto done = [answered = std::move(answered)](const Result<Answer>& answer) {
      if (!answer) return answered(tl::unexpected<Error>(answer.error()));
      if (answer->outcome != Outcome::done)
        return answered(fail(Errc::refused, "the node cannot explain it"));
      answered(decode_steps(answer->text));
    };
    if (node != desk_.name) return desk_.ask_peer(node, {std::move(words), {}}, now_, done);
    CommandTable(desk_).run(words, {}, now_, [done](const Answer& answer) { done(answer); });
  }

  /// False: it ends here.
  bool add(const std::string& node, const Steps& steps) {
    for (const broker::ExplainStep& step : steps) {
      explanation_.steps.push_back({node, step});
      if (!step.ok) {
        explanation_.verdict = fmt::format("not delivered: {} on {}: {}", step.step, node, step.text);
        return false;
      }
    }
    return true;
  }

  void published(const Result<Steps>& steps) {
    if (!steps) return done_(tl::unexpected<Error>(steps.error()));
    if (!add(request_.from, *steps)) return finish();
    if (!steps->empty() && steps->back().step == "topic") topic_ = steps->back().text;
    const std::vector<std::string> nodes = desk_.control.status().running_nodes;
    missing_ = nodes.size();
    for (const std::string& node : nodes) {
      ask(node, {"explain-delivery", request_.client_id, topic_, qos(), request_.publisher},
          [self = shared_from_this(), node](const Result<Steps>& answer) { self->found(node, answer); });
    }
  }

  void found(const std::string& node, const Result<Steps>& steps) {
    if (!steps) silent_.push_back(node);
    // Where it is connected rather than where an older session of it waits.
    const bool better =
        steps && !steps->empty() && (delivery_.empty() || steps->front().text.starts_with("connected"));
    if (better) {
      home_ = node;
      delivery_ = *steps;
    }
    if (--missing_ != 0) return;
    if (delivery_.empty()) return say_nowhere();
    ask(request_.from, {"explain-way", home_, topic_, qos()},
        [self = shared_from_this()](const Result<Steps>& way) { self->came(way); });
  }

  void say_nowhere() {
    std::string text = fmt::format("no running node has a session of '{}'", request_.client_id);
    for (const std::string& node : silent_) text += fmt::format("; {} does not answer", node);
    for (const std::string& node : desk_.control.status().stopped_nodes)
      text += fmt::format("; {} does not run, it may be there", node);
    const auto ban =
        desk_.control.access().tables().ban({node::SubjectKind::client_id, request_.client_id}, now_);
    if (ban) text += fmt::format("; it is banned by {}: {}", ban->by, ban->reason);
    add(desk_.name, {{"session", false, text}});
    finish();
  }

  void came(const Result<Steps>& way) {
    if (!way) return done_(tl::unexpected<Error>(way.error()));
    // The client's own node knows best why no route leads to it.
    const bool subscribed = std::all_of(delivery_.begin(), delivery_.end(), [](const auto& step) {
      return step.ok || step.step != "subscription";
    });
    if (subscribed && !add(request_.from, *way)) return finish();
    if (!add(home_, delivery_)) return finish();
    const auto has = [this](std::string_view name) {
      return std::any_of(delivery_.begin(), delivery_.end(),
                         [&](const auto& step) { return step.step == name; });
    };
    const bool online = delivery_.front().text.starts_with("connected");
    explanation_.verdict =
        has("group") ? fmt::format("delivered: to '{}' or another member of its group", request_.client_id)
        : online     ? fmt::format("delivered: '{}' gets it on {}", request_.client_id, home_)
                     : fmt::format("delivered later: it waits on {} for '{}'", home_, request_.client_id);
    finish();
  }

  void finish() { done_(std::move(explanation_)); }

  Desk& desk_;
  ExplainRequest request_;
  const Now now_;
  const Done done_;
  std::string topic_;  ///< that is routed
  std::string home_;   ///< where the client is
  Steps delivery_;
  std::vector<std::string> silent_;
  std::size_t missing_ = 0;
  Explanation explanation_;
};

}  // namespace

std::string Explanation::text() const {
  std::string text;
  for (const auto& [node, step] : steps)
    text += fmt::format("{:<4} {:<13} {} ({})\n", step.ok ? "ok" : "STOP", step.step, step.text, node);
  return text + verdict + "\n";
}

Json Explanation::json() const {
  return Json::object({{"steps", Json::array(steps,
                                             [](const Step& item) {
                                               return Json::object({{"step", item.step.step},
                                                                    {"node", item.node},
                                                                    {"ok", item.step.ok},
                                                                    {"text", item.step.text}});
                                             })},
                       {"verdict", verdict}});
}

void explain(Desk& desk, const ExplainRequest& request, Now now,
             std::function<void(const Result<Explanation>&)> done) {
  const std::vector<std::string> nodes = desk.control.status().running_nodes;
  const bool known =
      request.from.empty() || std::find(nodes.begin(), nodes.end(), request.from) != nodes.end();
  if (!known) return done(fail(Errc::not_found, request.from + " is not running"));
  std::make_shared<Inquiry>(desk, request, now, std::move(done))->begin();
}

}  // namespace meshmq::admin
