// meshmq: the broker.

#include "server/life_cycle.hpp"
#include "server/options.hpp"

int main(int argc, char** argv) {
  const auto parsed = meshmq::server::parse_options(argc, argv);
  if (const auto* exit = std::get_if<meshmq::server::ExitStatus>(&parsed)) return exit->code;
  return meshmq::server::run(std::get<meshmq::server::Options>(parsed));
}
