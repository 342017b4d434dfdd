// meshmq_ctl: operators' commands.

#include "ctl/ctl.hpp"

int main(int argc, char** argv) {
  const auto parsed = meshmq::ctl::parse_request(argc, argv);
  if (const auto* exit = std::get_if<meshmq::ctl::ExitStatus>(&parsed)) return exit->code;
  return meshmq::ctl::ask(std::get<meshmq::ctl::CtlRequest>(parsed));
}
