// The bench itself: what it says when a script is not fulfilled.

#include <gtest/gtest.h>

#include "conformance/in_memory.hpp"
#include "conformance/stage.hpp"

namespace meshmq::conformance {
namespace {

std::string played(std::string_view text) {
  const Script script = parse_script("5.0/x.mqtt", text);
  try {
    for (const Case& one : script.cases) {
      InMemory broker;
      Stage(script, broker).play(one);
    }
  } catch (const ScriptError& error) {
    return error.what();
  }
  return "held";
}

TEST(Bench, PlaysSeveralClientsAndTime) {
  EXPECT_EQ(played("case a message travels\n"
                   "  a connects\n"
                   "  b connects keep_alive=10\n"
                   "  a subscribes filter='t/#' qos=2\n"
                   "  b -> PUBLISH topic='t/1' qos=1 id=7 payload='x\\00'*2 user='k' to='v'\n"
                   "  b <- PUBACK id=7\n"
                   "  a <- PUBLISH topic='t/1' qos=1 id=$id payload='x\\00x\\00' user='k' to='v'\n"
                   "  a -> PUBACK id=$id\n"
                   "  wait 16s\n"
                   "  b <- DISCONNECT reason=0x8d\n"
                   "  b closed keepalive_timeout\n"),
            "held");
}

TEST(Bench, NamesTheLineAndWhatCame) {
  EXPECT_EQ(played("case c\n a connects\n a -> PINGREQ\n a <- PUBACK id=1\n"),
            "5.0/x.mqtt:4: a <- PUBACK id=1\n  got PINGRESP\n  differs: another packet");
  EXPECT_EQ(played("case c\n a connects\n a -> PINGREQ\n a <- nothing\n"),
            "5.0/x.mqtt:4: a <- nothing\n  got PINGRESP");
  EXPECT_EQ(played("case c\n a connects\n a <- PINGRESP\n"), "5.0/x.mqtt:3: a <- PINGRESP\n  got nothing");
  EXPECT_EQ(played("case c\n a connects\n a -> PINGREQ\n"), "5.0/x.mqtt:3: at the end a got PINGRESP");
  EXPECT_EQ(played("case c\n a connects\n a closed\n"), "5.0/x.mqtt:3: a closed\n  it is open");
  EXPECT_EQ(played("case c\n a connects\n a -> PUBLISH tipoc='x'\n"),
            "5.0/x.mqtt:3: a -> PUBLISH tipoc='x'\n  'tipoc' is no field of this packet");
  EXPECT_EQ(played("case c\n a dances\n"), "5.0/x.mqtt:2: a dances\n  no such step");
}

TEST(Bench, ComparesFields) {
  Variables variables;
  EXPECT_EQ(difference("PUBLISH topic='t' qos=1 id=$x", "PUBLISH topic='t' id=3 qos=1", variables),
            std::nullopt);
  EXPECT_EQ(difference("PUBACK id=$x reason=0x10", "PUBACK id=3 reason=10", variables), std::nullopt);
  EXPECT_EQ(difference("PUBACK id=$x", "PUBACK id=4", variables), "id");
  EXPECT_EQ(difference("SUBACK id=* code=0x80 code=1", "SUBACK id=4 code=128 code=1", variables),
            std::nullopt);
  EXPECT_EQ(difference("SUBACK id=* code=1 code=0x80", "SUBACK id=4 code=128 code=1", variables), "code");
  EXPECT_EQ(difference("CONNACK", "CONNACK alias_max=3", variables), "alias_max was not expected");
  EXPECT_EQ(difference("CONNACK ...", "CONNACK alias_max=3", variables), std::nullopt);
  EXPECT_EQ(difference("CONNACK !alias_max ...", "CONNACK alias_max=3", variables), "alias_max is there");
}

}  // namespace
}  // namespace meshmq::conformance
