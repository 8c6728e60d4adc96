/*
 * An actor that does as it is told: "acme:demo/Count" calls Count of acme:demo with the payload and
 * passes the answer on; "Echo" answers with the payload; "CallBack" calls what the payload names. A
 * message that is delivered ends in an error, whose text is the message.
 */
#include "arena.h"
#include "msgpack.h"
#include "wapc.h"

static int32_t fail(span text) {
  guest_error(text.bytes, text.length);
  return 0;
}

static int32_t relay(span name, span payload) {
  uint32_t slash = name.length;
  while (slash > 0 && name.bytes[slash - 1] != '/') slash--;
  if (slash == 0) return fail(SPAN("unknown operation"));
  span link = SPAN("default");
  int32_t answered = host_call(link.bytes, link.length, name.bytes, slash - 1, name.bytes + slash,
                               name.length - slash, payload.bytes, payload.length);
  uint32_t length = answered == 1 ? host_response_length() : host_error_length();
  uint8_t *answer = arena_take(length);
  if (!answer) return fail(SPAN("out of memory"));
  if (answered != 1) {
    host_error(answer);
    return fail((span){answer, length});
  }
  host_response(answer);
  guest_response(answer, length);
  return 1;
}

WAPC_EXPORT("__guest_call")
int32_t guest_call(uint32_t operation_length, uint32_t payload_length) {
  arena_reset();
  uint8_t *operation_bytes = arena_take(operation_length);
  uint8_t *payload_bytes = arena_take(payload_length);
  if (!operation_bytes || !payload_bytes) return fail(SPAN("out of memory"));
  guest_request(operation_bytes, payload_bytes);
  span operation = {operation_bytes, operation_length}, payload = {payload_bytes, payload_length};
  if (span_equals(operation, SPAN("Echo"))) {
    guest_response(payload.bytes, payload.length);
    return 1;
  }
  if (span_equals(operation, SPAN("HealthRequest"))) {
    guest_response((const uint8_t *)"\xc0", 1);
    return 1;
  }
  if (span_equals(operation, SPAN("CallBack"))) return relay(payload, (span){0});
  if (span_equals(operation, SPAN("DeliverMessage")) ||
      span_equals(operation, SPAN("MessageSubscriber.HandleMessage"))) {
    return fail(payload);
  }
  return relay(operation, payload);
}
