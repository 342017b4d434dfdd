// The keys of WebSocket listeners.

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

using W = WebSocket;

template <auto Field>
void ws(Target& t, const Value& v) {
  assign(t.listener->ws.*Field, v);
}

constexpr std::string_view takeover_words = "takeover no_takeover";

constexpr Key websocket_table[] = {
    {"listener.{ws,wss}.*.mqtt_path", Type::text, "/mqtt", "Path of the URL", ws<&W::mqtt_path>},
    {"listener.{ws,wss}.*.mqtt_piggyback",
     Type::word,
     "single",
     "How many MQTT packets the node puts into one WebSocket message; clients do as they like",
     ws<&W::mqtt_piggyback>,
     {},
     "multiple single"},
    {"listener.{ws,wss}.*.max_frame_size", Type::bytes, "0",
     "Largest frame or message of a client; 0: no limit but that of MQTT packets", ws<&W::max_frame_size>},
    {"listener.{ws,wss}.*.supported_subprotocols", Type::text,
     "mqtt, mqtt-v3, mqtt-v3.1.1, mqtt-v5, mqttv3.1", "Names that a client may ask for",
     ws<&W::supported_subprotocols>},
    {"listener.{ws,wss}.*.fail_if_no_subprotocol", Type::boolean, "true",
     "Whether clients that ask for none of them are refused", ws<&W::fail_if_no_subprotocol>},
    {"listener.{ws,wss}.*.check_origin_enable", Type::boolean, "false",
     "Whether browsers may connect only from pages of check_origins", ws<&W::check_origin_enable>},
    {"listener.{ws,wss}.*.allow_origin_absence", Type::boolean, "true",
     "With it: whether clients that name no page (no browsers) may connect", ws<&W::allow_origin_absence>},
    {"listener.{ws,wss}.*.check_origins", Type::text, "http://localhost:18083, http://127.0.0.1:18083",
     "Origins of these pages", ws<&W::check_origins>},
    {"listener.{ws,wss}.*.proxy_address_header", Type::text, "",
     "Header in which a proxy in front tells the client's address, such as X-Forwarded-For; only where "
     "nobody else can connect",
     ws<&W::proxy_address_header>},
    {"listener.{ws,wss}.*.proxy_port_header", Type::text, "",
     "Header in which it tells the client's port, such as X-Forwarded-Port", ws<&W::proxy_port_header>},
    {"listener.{ws,wss}.*.compress", Type::boolean, "false",
     "Whether messages are compressed for clients that can (permessage-deflate)", ws<&W::compress>},
    {"listener.{ws,wss}.*.deflate_opts.level",
     Type::word,
     "default",
     "How hard the node tries",
     ws<&W::deflate_level>,
     {},
     "none default best_compression best_speed"},
    {"listener.{ws,wss}.*.deflate_opts.mem_level",
     Type::integer,
     "8",
     "Memory for compressing: 1 KB for each connection at 1, 256 KB at 9",
     ws<&W::deflate_mem_level>,
     {1, 9}},
    {"listener.{ws,wss}.*.deflate_opts.strategy",
     Type::word,
     "default",
     "What the data are like, as zlib has it",
     ws<&W::deflate_strategy>,
     {},
     "default filtered huffman_only rle"},
    {"listener.{ws,wss}.*.deflate_opts.server_context_takeover",
     Type::word,
     "takeover",
     "Whether a message of the node may refer to earlier ones: smaller messages, more memory",
     ws<&W::server_context_takeover>,
     {},
     takeover_words},
    {"listener.{ws,wss}.*.deflate_opts.client_context_takeover",
     Type::word,
     "takeover",
     "The same for the client's messages",
     ws<&W::client_context_takeover>,
     {},
     takeover_words},
    {"listener.{ws,wss}.*.deflate_opts.server_max_window_bits",
     Type::integer,
     "15",
     "How far back a message of the node may refer: 2 to this power bytes",
     ws<&W::server_max_window_bits>,
     {9, 15}},
    {"listener.{ws,wss}.*.deflate_opts.client_max_window_bits",
     Type::integer,
     "15",
     "The same for the client's messages, if it can",
     ws<&W::client_max_window_bits>,
     {8, 15}},
};

}  // namespace

std::span<const Key> websocket_keys() {
  return websocket_table;
}

}  // namespace meshmq::config
