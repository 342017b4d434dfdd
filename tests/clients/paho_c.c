/* Paho C: subscribes at QoS 2, publishes at every QoS, wants each message once, with its content and QoS.
   usage: paho_c URI 3|4|5 TOPIC [CA_FILE] */
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { rounds = 10 };

static void check(int ok, const char* what) {
  if (ok) return;
  fprintf(stderr, "paho_c: %s\n", what);
  exit(1);
}

static void publish(MQTTClient client, int version, const char* topic, int qos, int number) {
  char payload[32];
  MQTTClient_message message = MQTTClient_message_initializer;
  MQTTClient_deliveryToken token = 0;
  snprintf(payload, sizeof payload, "%d/%d", qos, number);
  message.payload = payload;
  message.payloadlen = (int)strlen(payload);
  message.qos = qos;
  if (version == MQTTVERSION_5) {
    MQTTResponse response = MQTTClient_publishMessage5(client, topic, &message, &token);
    check(response.reasonCode == MQTTREASONCODE_SUCCESS, "publish refused");
    MQTTResponse_free(response);
  } else {
    check(MQTTClient_publishMessage(client, topic, &message, &token) == MQTTCLIENT_SUCCESS, "publish failed");
  }
  check(MQTTClient_waitForCompletion(client, token, 10000) == MQTTCLIENT_SUCCESS, "publish not acknowledged");
}

static void expect(MQTTClient client, const char* topic, int qos, int number) {
  char expected[32];
  char* got_topic = NULL;
  int topic_length = 0;
  MQTTClient_message* message = NULL;
  snprintf(expected, sizeof expected, "%d/%d", qos, number);
  check(MQTTClient_receive(client, &got_topic, &topic_length, &message, 10000) == MQTTCLIENT_SUCCESS && message,
        "a message is missing");
  check(strcmp(got_topic, topic) == 0, "another topic came");
  check(message->payloadlen == (int)strlen(expected) &&
            memcmp(message->payload, expected, strlen(expected)) == 0,
        "another payload came");
  check(message->qos == qos, "it came at another QoS");
  MQTTClient_freeMessage(&message);
  MQTTClient_free(got_topic);
}

static void connect_client(MQTTClient client, int version, const char* ca_file) {
  MQTTClient_connectOptions v3 = MQTTClient_connectOptions_initializer;
  MQTTClient_connectOptions v5 = MQTTClient_connectOptions_initializer5;
  MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
  MQTTClient_connectOptions* options = version == MQTTVERSION_5 ? &v5 : &v3;
  options->MQTTVersion = version;
  options->connectTimeout = 10;
  if (ca_file) {
    tls.trustStore = ca_file;
    tls.verify = 1;
    options->ssl = &tls;
  }
  if (version == MQTTVERSION_5) {
    MQTTResponse response = MQTTClient_connect5(client, options, NULL, NULL);
    check(response.reasonCode == MQTTREASONCODE_SUCCESS, "cannot connect");
    MQTTResponse_free(response);
  } else {
    check(MQTTClient_connect(client, options) == MQTTCLIENT_SUCCESS, "cannot connect");
  }
}

static void subscribe(MQTTClient client, int version, const char* topic) {
  if (version == MQTTVERSION_5) {
    MQTTResponse response = MQTTClient_subscribe5(client, topic, 2, NULL, NULL);
    check((int)response.reasonCode == 2, "subscription refused");
    MQTTResponse_free(response);
  } else {
    check(MQTTClient_subscribe(client, topic, 2) == MQTTCLIENT_SUCCESS, "subscription refused");
  }
}

int main(int argc, char** argv) {
  MQTTClient client = NULL;
  MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
  char client_id[24];
  int version = 0;
  check(argc >= 4, "usage: paho_c URI 3|4|5 TOPIC [CA_FILE]");
  version = atoi(argv[2]);
  create.MQTTVersion = version;
  snprintf(client_id, sizeof client_id, "paho-c-%d", version);
  check(MQTTClient_createWithOptions(&client, argv[1], client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                     &create) == MQTTCLIENT_SUCCESS,
        "cannot make a client");
  connect_client(client, version, argc > 4 ? argv[4] : NULL);
  subscribe(client, version, argv[3]);
  for (int number = 0; number < rounds; ++number) {
    for (int qos = 0; qos <= 2; ++qos) {
      publish(client, version, argv[3], qos, number);
      expect(client, argv[3], qos, number);
    }
  }
  check((version == MQTTVERSION_5 ? MQTTClient_disconnect5(client, 1000, MQTTREASONCODE_SUCCESS, NULL)
                                  : MQTTClient_disconnect(client, 1000)) == MQTTCLIENT_SUCCESS,
        "cannot disconnect");
  MQTTClient_destroy(&client);
  printf("ok %d\n", rounds * 3);
  return 0;
}
