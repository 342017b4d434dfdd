#include "broker/zone_history.hpp"

#include <gtest/gtest.h>

namespace meshmq::broker {
namespace {

Config with_inflight(std::uint16_t first, std::uint16_t second) {
  Config config;
  config.inflight_max = first;
  config.more_zones.emplace_back().inflight_max = second;
  return config;
}

TEST(ZoneHistory, LeavesEarlierZonesWhereTheyAre) {
  ZoneHistory zones(with_inflight(1, 2));
  const Config* first = &zones.zone(0);
  const Config* second = &zones.zone(1);
  zones.add(with_inflight(10, 20));
  EXPECT_EQ(first->inflight_max, 1);
  EXPECT_EQ(second->inflight_max, 2);
  EXPECT_EQ(zones.zone(0).inflight_max, 10);
  EXPECT_EQ(zones.zone(1).inflight_max, 20);
  for (const Config* zone : {second, &zones.zone(1)}) EXPECT_EQ(zones.index_of(*zone), 1U);
  for (const Config* zone : {first, &zones.zone(0)}) EXPECT_EQ(zones.index_of(*zone), 0U);
}

TEST(ZoneHistory, ForgetsWhatNobodyPointsTo) {
  ZoneHistory zones(with_inflight(1, 2));
  const Config* used = &zones.zone(1);
  zones.add(with_inflight(3, 4));
  zones.add(with_inflight(5, 6));
  zones.keep_only({used, nullptr});
  EXPECT_EQ(zones.size(), 2U);
  EXPECT_EQ(used->inflight_max, 2);
  EXPECT_EQ(zones.zone(0).inflight_max, 5);
  zones.keep_only({});
  EXPECT_EQ(zones.size(), 1U);
  EXPECT_EQ(zones.zone(1).inflight_max, 6);
}

}  // namespace
}  // namespace meshmq::broker
