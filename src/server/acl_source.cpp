#include "server/acl_source.hpp"

#include "node/access_admin.hpp"

namespace meshmq::server {

access::AclFile read_acl(const std::string& path) {
  return path.empty() ? access::parse_acl(access::default_acl(), "default rules")
                      : access::read_acl_file(path);
}

Result<std::size_t> AclSource::load() {
  const access::AclFile file = read_acl(path_);
  if (!file.errors.empty()) {
    std::string lines;
    for (const std::string& error : file.errors) {
      log_.error("{}", error);
      lines += (lines.empty() ? "" : "\n") + error;
    }
    return fail(Errc::invalid_argument, lines);
  }
  admin_->set_file_rules(file.rules);
  return file.rules->size();
}

}  // namespace meshmq::server
