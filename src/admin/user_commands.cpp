// Clients that are known, and what they prove it with.

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <optional>

#include "admin/command.hpp"
#include "node/access_admin.hpp"
#include "sasl/base64.hpp"
#include "sasl/password_hash.hpp"
#include "sasl/saslprep.hpp"
#include "sasl/scram.hpp"

namespace meshmq::admin {

namespace {

using node::Subject;
using node::SubjectKind;

constexpr UsageLine user_usage[] = {
    {"user list", "List username auth rules"},
    {"user add <Username> <Password>", "Add username auth rule"},
    {"user update <Username> <NewPassword>", "Update username auth rule"},
    {"user del <Username>", "Delete username auth rule"},
};
constexpr UsageLine clientid_usage[] = {
    {"clientid list", "List clientid auth rules"},
    {"clientid add <ClientId> <Password>", "Add clientid auth rule"},
    {"clientid update <ClientId> <NewPassword>", "Update clientid auth rule"},
    {"clientid del <ClientId>", "Delete clientid auth rule"},
};
constexpr UsageLine sasl_usage[] = {
    {"sasl scram list", "List the users of SCRAM"},
    {"sasl scram add <Username> <Password> [<IterationCount>]",
     "Add SCRAM-SHA-256 and SCRAM-SHA-512 authentication information"},
    {"sasl scram update <Username> <Password> [<IterationCount>]", "Update it"},
    {"sasl scram delete <Username>", "Delete it"},
    {"sasl scram lookup <Username>", "Check if it exists"},
};

/// Lengths are 16 bits wide in rows, as in MQTT.
constexpr std::size_t user_name_bytes_max = 65535;

bool usable(const Call& call, const std::string& name) {
  if (!name.empty() && name.size() <= user_name_bytes_max) return true;
  call.refuse("Error: a name has 1 to 65535 bytes");
  return false;
}

// ---------------------------------------------------------------- user, clientid

void list_users(Desk& desk, const Call& call, SubjectKind kind) {
  std::string text;
  std::vector<std::string> names;
  for (auto& [name, row] : desk.control.access().tables().users(kind)) {
    text.append(name).append("\n");
    names.push_back(std::move(name));
  }
  call.answer(text, Json::array(names, [](const std::string& name) { return Json(name); }));
}

void put_user(Desk& desk, const Call& call, const Subject& subject, bool update) {
  if (!usable(call, subject.name)) return;
  node::AccessAdmin& access = desk.control.access();
  const auto hash = std::make_shared<std::string>();
  const auto work = [hash, hashing = access.config().password_hashing, password = call.words[2],
                     salt = access.salt()] { *hash = sasl::hash_password(hashing, password, salt); };
  desk.host.offload(work, [&access, call, subject, update, hash] {
    const auto known = access.tables().user(subject);
    if (known.has_value() != update) return call.refuse(update ? "Error: noexisted" : "Error: existed");
    access.tables().put_user(
        subject, {.created_at = update ? known->created_at : call.now.wall, .hash = std::move(*hash)},
        call.now);
    call.answer("ok\n", Json("ok"));
  });
}

bool run_users(Desk& desk, const Call& call, SubjectKind kind) {
  if (call.is("list", 0)) {
    list_users(desk, call, kind);
  } else if (call.is("add", 2) || call.is("update", 2)) {
    put_user(desk, call, {kind, call.words[1]}, call.words[0] == "update");
  } else if (call.is("del", 1)) {
    // As EMQ X: what is not there is deleted already.
    desk.control.access().tables().remove_user({kind, call.words[1]}, call.now);
    call.answer("ok\n", Json("ok"));
  } else {
    return false;
  }
  return true;
}

bool run_user(Desk& desk, const Call& call) {
  return run_users(desk, call, SubjectKind::username);
}
bool run_clientid(Desk& desk, const Call& call) {
  return run_users(desk, call, SubjectKind::client_id);
}

// ---------------------------------------------------------------- sasl

constexpr sasl::Digest digests[] = {sasl::Digest::sha256, sasl::Digest::sha512};

std::optional<std::uint32_t> iterations_of(const Call& call, std::uint32_t otherwise) {
  if (call.words.size() < 5) return otherwise;
  const std::string& text = call.words[4];
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool fits = error == std::errc() && end == text.data() + text.size() &&
                    count >= sasl::scram_iterations_min && count <= sasl::scram_iterations_max;
  return fits ? std::optional(count) : std::nullopt;
}

void put_scram(Desk& desk, const Call& call, const std::string& username, bool update) {
  node::AccessAdmin& access = desk.control.access();
  const auto prepared = sasl::saslprep(call.words[3]);
  if (!prepared) return call.refuse("Error: a password with characters that SASLprep forbids");
  const auto iterations = iterations_of(call, access.config().scram_iterations);
  if (!iterations) {
    return call.refuse(fmt::format("Error: the iteration count is {} to {}", sasl::scram_iterations_min,
                                   sasl::scram_iterations_max));
  }
  const auto made = std::make_shared<std::vector<sasl::ScramVerifier>>();
  const auto work = [made, password = *prepared, iterations = *iterations, salt = access.salt()] {
    for (const sasl::Digest digest : digests)
      made->push_back(sasl::make_scram_verifier(digest, password, salt, iterations));
  };
  desk.host.offload(work, [&access, call, username, update, made] {
    const auto known = access.tables().scram_user(digests[0], username);
    if (known.has_value() != update) {
      return call.refuse(update ? "Authentication information not found"
                                : "Authentication information already exists");
    }
    for (std::size_t i = 0; i < made->size(); ++i) {
      const WallMillis created_at = update ? known->created_at : call.now.wall;
      access.tables().put_scram_user(digests[i], username,
                                     {.created_at = created_at, .verifier = std::move((*made)[i])}, call.now);
    }
    const std::string_view what = update ? "updated" : "added";
    call.answer(fmt::format("Authentication information {} successfully\n", what), Json("ok"));
  });
}

void delete_scram(Desk& desk, const Call& call, const std::string& username) {
  for (const sasl::Digest digest : digests)
    desk.control.access().tables().remove_scram_user(digest, username, call.now);
  call.answer("Authentication information deleted successfully\n", Json("ok"));
}

/// Nothing that a proof could be made from.
void look_up_scram(Desk& desk, const Call& call, const std::string& username) {
  const auto known = desk.control.access().tables().scram_user(digests[0], username);
  if (!known) return call.refuse("Authentication information not found");
  const sasl::ScramVerifier& verifier = known->verifier;
  const std::string salt = sasl::to_base64(verifier.salt);
  call.answer(
      fmt::format("Username: {}, Salt: {}, Iteration Count: {}\n", username, salt, verifier.iterations),
      Json::object({{"username", username}, {"salt", salt}, {"iteration_count", verifier.iterations}}));
}

void list_scram(Desk& desk, const Call& call) {
  std::string text;
  std::vector<std::string> names;
  for (auto& [name, row] : desk.control.access().tables().scram_users(digests[0])) {
    text.append(name).append("\n");
    names.push_back(std::move(name));
  }
  call.answer(text, Json::array(names, [](const std::string& name) { return Json(name); }));
}

bool run_sasl(Desk& desk, const Call& call) {
  if (call.is("scram", 1) && call.words[1] == "list") {
    list_scram(desk, call);
    return true;
  }
  if (call.words.size() < 3 || call.words.size() > 5 || call.words[0] != "scram") return false;
  const std::string& verb = call.words[1];
  const bool puts = (verb == "add" || verb == "update") && call.words.size() >= 4;
  if (!puts && (call.words.size() != 3 || (verb != "delete" && verb != "lookup"))) return false;
  // As it will be looked for.
  const auto username = sasl::saslprep(call.words[2]);
  if (!username || username->size() > user_name_bytes_max) {
    call.refuse("Error: a username with characters that SASLprep forbids");
  } else if (puts) {
    put_scram(desk, call, *username, verb == "update");
  } else if (verb == "delete") {
    delete_scram(desk, call, *username);
  } else {
    look_up_scram(desk, call, *username);
  }
  return true;
}

constexpr Command user_rows[] = {
    {"user", user_usage, run_user},
    {"clientid", clientid_usage, run_clientid},
    {"sasl", sasl_usage, run_sasl},
};

}  // namespace

std::span<const Command> user_commands() {
  return user_rows;
}

}  // namespace meshmq::admin
