#include <array>

#include "mqtt/testing/packet_cases.hpp"

namespace meshmq::mqtt::testing {

namespace {

constexpr Role server = Role::server;
constexpr Role client = Role::client;
constexpr Version v31 = Version::v3_1;
constexpr Version v311 = Version::v3_1_1;
constexpr Version v5 = Version::v5;

constexpr std::array cases = {
    // --- CONNECT
    GoodCase{"connect 3.1", server, v31, "10 10 0006 'MQIsdp' 03 02 003c 0002 'c1'",
             "CONNECT v3 clean keep_alive=60 client='c1'"},
    GoodCase{"connect 3.1 announces a user name and password that are missing", server, v31,
             "10 10 0006 'MQIsdp' 03 c2 003c 0002 'c1'", "CONNECT v3 clean keep_alive=60 client='c1'",
             Form::variant},
    GoodCase{"connect 3.1 with unused flags set", server, v31, "10 10 0006 'MQIsdp' 03 3b 003c 0002 'c1'",
             "CONNECT v3 clean keep_alive=60 client='c1'", Form::variant},
    GoodCase{"connect 3.1.1", server, v311, "10 0e 0004 'MQTT' 04 00 0000 0002 'c1'",
             "CONNECT v4 client='c1'"},
    GoodCase{"connect 3.1.1 with empty client id", server, v311, "10 0c 0004 'MQTT' 04 02 000a 0000",
             "CONNECT v4 clean keep_alive=10"},
    GoodCase{"connect 3.1.1 of a bridge", server, v311, "10 0d 0004 'MQTT' 84 02 000a 0001 'b'",
             "CONNECT v4 bridge clean keep_alive=10 client='b'"},
    GoodCase{"connect 3.1.1 with everything", server, v311,
             "10 21 0004 'MQTT' 04 ee 003c 0002 'c1' 0003 'w/t' 0003 'bye' 0002 'me' 0003 00ff01",
             "CONNECT v4 clean keep_alive=60 client='c1' will_topic='w/t' will_payload='bye' will_qos=1 "
             "will_retain "
             "username='me' password='\\00\\ff\\01'"},
    GoodCase{"connect 3.1.1 with empty user name and empty will", server, v311,
             "10 14 0004 'MQTT' 04 86 0000 0001 'c' 0001 'w' 0000 0000",
             "CONNECT v4 clean client='c' will_topic='w' username=''"},
    GoodCase{"connect 5", server, v5, "10 0f 0004 'MQTT' 05 02 003c 00 0002 'c1'",
             "CONNECT v5 clean keep_alive=60 client='c1'"},
    GoodCase{"connect 5 with password but no user name", server, v5,
             "10 11 0004 'MQTT' 05 42 003c 00 0001 'c' 0001 'p'",
             "CONNECT v5 clean keep_alive=60 client='c' password='p'"},
    GoodCase{"connect 5 with all properties", server, v5,
             "10 3e 0004 'MQTT' 05 02 003c 2e 11 0000000a 21 0014 27 00000100 22 000a 19 01 17 00"
             " 15 0005 'SCRAM' 16 0001 'd' 26 0001 'a' 0001 'b' 26 0001 'a' 0001 'c' 0003 'abc'",
             "CONNECT v5 clean keep_alive=60 client='abc' session_expiry=10 receive_max=20 packet_max=256 "
             "alias_max=10 "
             "response_information no_problem_information auth_method='SCRAM' auth_data='d' user='a' to='b' "
             "user='a' "
             "to='c'"},
    GoodCase{"connect 5 with properties that say what their absence says", server, v5,
             "10 1e 0004 'MQTT' 05 02 003c 0f 11 00000000 21 ffff 22 0000 19 00 17 01 0002 'c1'",
             "CONNECT v5 clean keep_alive=60 client='c1'", Form::variant},
    GoodCase{
        "connect 5 with will properties", server, v5,
        "10 43 0004 'MQTT' 05 2e 0000 00 0001 'c' 2e 18 00000005 02 0000003c 01 01 03 0001 't' 08 0003 'r/t'"
        " 09 0002 00ff 26 0001 'k' 0001 'v' 26 0001 'k' 0000 26 0000 0001 'w' 0001 'w' 0001 'x'",
        "CONNECT v5 clean client='c' will_topic='w' will_payload='x' payload_format=1 content_type='t' "
        "response_topic='r/t' correlation='\\00\\ff' user='k' to='v' user='k' to='' user='' to='w' "
        "will_expiry=60 will_delay=5 will_qos=1 will_retain"},
    // --- CONNACK
    GoodCase{"connack 3.1.1", client, v311, "20 02 01 00", "CONNACK session"},
    GoodCase{"connack 3.1 ignores the flags", client, v31, "20 02 01 00", "CONNACK", Form::variant},
    GoodCase{"connack 3.1.1 bad version", client, v311, "20 02 00 01", "CONNACK reason=84"},
    GoodCase{"connack 3.1.1 bad client id", client, v311, "20 02 00 02", "CONNACK reason=85"},
    GoodCase{"connack 3.1.1 unavailable", client, v311, "20 02 00 03", "CONNACK reason=88"},
    GoodCase{"connack 3.1.1 bad password", client, v311, "20 02 00 04", "CONNACK reason=86"},
    GoodCase{"connack 3.1.1 not authorized", client, v311, "20 02 00 05", "CONNACK reason=87"},
    GoodCase{"connack 5", client, v5, "20 03 00 00 00", "CONNACK"},
    GoodCase{"connack 5 refuses", client, v5, "20 0a 00 87 07 1f 0004 'nope'",
             "CONNACK reason=87 reason_string='nope'"},
    GoodCase{"connack 5 with all properties", client, v5,
             "20 3e 01 00 3b 11 0000000a 21 0014 24 01 25 00 27 00000100 12 0001 'i' 22 000a 1f 0001 's' 28 "
             "00 29 00"
             " 2a 00 13 0000 1a 0001 'n' 1c 0001 'r' 15 0001 'm' 16 0000 26 0001 'k' 0001 'v'",
             "CONNACK session session_expiry=10 receive_max=20 qos_max=1 no_retain packet_max=256 client='i' "
             "alias_max=10 reason_string='s' no_wildcards no_subscription_ids no_shared keep_alive=0 "
             "response_information='n' server='r' auth_method='m' auth_data='' user='k' to='v'"},
    // --- PUBLISH
    GoodCase{"publish QoS 0", server, v311, "30 07 0003 'a/b' 'hi'", "PUBLISH topic='a/b' payload='hi'"},
    GoodCase{"publish retained, empty", client, v311, "31 05 0003 'a/b'", "PUBLISH topic='a/b' retain"},
    GoodCase{"publish QoS 1", server, v311, "32 09 0003 'a/b' 000a 'hi'",
             "PUBLISH topic='a/b' id=10 qos=1 payload='hi'"},
    GoodCase{"publish QoS 2 again", client, v311, "3c 09 0003 'a/b' ffff 'hi'",
             "PUBLISH topic='a/b' id=65535 qos=2 dup payload='hi'"},
    GoodCase{"publish 3.1 QoS 0 with DUP", server, v31, "38 05 0003 'a/b'", "PUBLISH topic='a/b'",
             Form::variant},
    GoodCase{"publish with a remaining length of needless bytes", server, v311,
             "30 87 80 80 00 0003 'a/b' 'hi'", "PUBLISH topic='a/b' payload='hi'", Form::variant},
    GoodCase{"publish to a topic that is not ASCII", server, v311, "30 09 0005 'a/' e282ac 'hi'",
             "PUBLISH topic='a/\\e2\\82\\ac' payload='hi'"},
    GoodCase{"publish 5 without properties", server, v5, "32 0a 0003 'a/b' 000a 00 'hi'",
             "PUBLISH topic='a/b' id=10 qos=1 payload='hi'"},
    GoodCase{"publish 5 with alias alone", server, v5, "30 08 0000 03 23 0007 'hi'",
             "PUBLISH alias=7 payload='hi'"},
    GoodCase{
        "publish 5 to a client with everything", client, v5,
        "3d 32 0001 't' 0001 2a 02 00000000 23 0001 0b 01 0b ffffff7f 01 00 03 0000 08 0001 'r' 09 0001 00"
        " 26 0001 'k' 0001 'v' 26 0001 'j' 0001 'u' 'hi'",
        "PUBLISH topic='t' id=1 qos=2 dup retain expiry=0 alias=1 subscription=1 subscription=268435455 "
        "payload_format=0 content_type='' response_topic='r' correlation='\\00' user='k' to='v' user='j' "
        "to='u' payload='hi'"},
    GoodCase{"publish 5 with properties in mixed order", server, v5,
             "30 1c 0001 't' 18 26 0001 'a' 0001 '1' 02 00000009 01 01 23 0001 26 0001 'b' 0001 '2'",
             "PUBLISH topic='t' expiry=9 alias=1 user='a' to='1' payload_format=1 user='b' to='2'",
             Form::variant},
    // --- acknowledgements
    GoodCase{"puback", server, v311, "40 02 000a", "PUBACK id=10"},
    GoodCase{"pubrec", server, v311, "50 02 000a", "PUBREC id=10"},
    GoodCase{"pubrel", client, v311, "62 02 000a", "PUBREL id=10"},
    GoodCase{"pubcomp", client, v311, "70 02 ffff", "PUBCOMP id=65535"},
    GoodCase{"pubrel 3.1 repeated with DUP", server, v31, "6a 02 000a", "PUBREL id=10", Form::variant},
    GoodCase{"puback 5 short", server, v5, "40 02 000a", "PUBACK id=10"},
    GoodCase{"puback 5 with reason", server, v5, "40 03 000a 10", "PUBACK id=10 reason=10"},
    GoodCase{"puback 5 long and empty", server, v5, "40 04 000a 00 00", "PUBACK id=10", Form::variant},
    GoodCase{"pubrec 5 with success alone", server, v5, "50 03 000a 00", "PUBREC id=10", Form::variant},
    GoodCase{"pubrec 5 with properties", server, v5, "50 10 000a 97 0c 1f 0002 'no' 26 0001 'k' 0001 'v'",
             "PUBREC id=10 reason=97 reason_string='no' user='k' to='v'"},
    GoodCase{"pubcomp 5 with reason", server, v5, "70 03 000a 92", "PUBCOMP id=10 reason=92"},
    // --- SUBSCRIBE and SUBACK
    GoodCase{"subscribe", server, v311, "82 0e 0001 0003 'a/b' 01 0003 'c/#' 02",
             "SUBSCRIBE id=1 filter='a/b' qos=1 filter='c/#' qos=2"},
    GoodCase{"subscribe 3.1 repeated with DUP", server, v31, "8a 06 0001 0001 'a' 00",
             "SUBSCRIBE id=1 filter='a'", Form::variant},
    GoodCase{"subscribe to an empty filter is the broker's affair", server, v311, "82 05 0001 0000 00",
             "SUBSCRIBE id=1 filter=''"},
    GoodCase{"subscribe 5 with everything", server, v5,
             "82 15 0001 0a 0b 8001 26 0001 'k' 0001 'v' 0002 'a/' 2d 0000 10",
             "SUBSCRIBE id=1 subscription=128 user='k' to='v' filter='a/' qos=1 no_local as_published "
             "retain_handling=2 filter='' retain_handling=1"},
    GoodCase{"suback", client, v311, "90 06 0001 00 01 02 80", "SUBACK id=1 code=0 code=1 code=2 code=128"},
    GoodCase{"suback 5", client, v5, "90 09 0001 04 1f 0001 'x' 01 87",
             "SUBACK id=1 reason_string='x' code=1 code=135"},
    GoodCase{"unsubscribe", server, v311, "a2 08 0001 0001 'a' 0001 'b'",
             "UNSUBSCRIBE id=1 filter='a' filter='b'"},
    GoodCase{"unsubscribe 5", server, v5, "a2 0d 0001 07 26 0001 'k' 0001 'v' 0001 'a'",
             "UNSUBSCRIBE id=1 user='k' to='v' filter='a'"},
    GoodCase{"unsuback", client, v311, "b0 02 0001", "UNSUBACK id=1"},
    GoodCase{"unsuback 5", client, v5, "b0 05 0001 00 00 11", "UNSUBACK id=1 code=0 code=17"},
    // --- the rest
    GoodCase{"pingreq", server, v311, "c0 00", "PINGREQ"},
    GoodCase{"pingresp", client, v5, "d0 00", "PINGRESP"},
    GoodCase{"disconnect", server, v311, "e0 00", "DISCONNECT"},
    GoodCase{"disconnect 5", client, v5, "e0 00", "DISCONNECT"},
    GoodCase{"disconnect 5 with reason", client, v5, "e0 01 8e", "DISCONNECT reason=8e"},
    GoodCase{"disconnect 5 with needless bytes", client, v5, "e0 02 00 00", "DISCONNECT", Form::variant},
    GoodCase{"disconnect 5 with session expiry", server, v5, "e0 07 00 05 11 00000000",
             "DISCONNECT session_expiry=0"},
    GoodCase{"disconnect 5 with the rest", client, v5,
             "e0 11 9d 0f 1f 0001 'r' 1c 0001 's' 26 0001 'k' 0001 'v'",
             "DISCONNECT reason=9d reason_string='r' server='s' user='k' to='v'"},
    GoodCase{"auth success", server, v5, "f0 00", "AUTH"},
    GoodCase{"auth goes on", server, v5, "f0 12 18 10 15 0001 'm' 16 0000 1f 0000 26 0001 'k' 0000",
             "AUTH reason=18 auth_method='m' auth_data='' user='k' to=''", Form::variant},
    GoodCase{"auth again", client, v5, "f0 06 19 04 15 0001 'm'", "AUTH reason=19 auth_method='m'"},
};

}  // namespace

std::span<const GoodCase> good_cases() {
  return cases;
}

}  // namespace meshmq::mqtt::testing
