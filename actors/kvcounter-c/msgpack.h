/*
 * As much of MessagePack as messages of capability contracts need: maps, texts, bytes, integers, nil.
 *
 * A reader remembers the first thing that was wrong and gives nothing but zeros from then on; a writer
 * remembers that it was full. So a caller may read or write a whole message, and ask once at its end.
 */
#ifndef MSGPACK_H
#define MSGPACK_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes somewhere in memory. */
typedef struct {
  const uint8_t *bytes;
  uint32_t length;
} span;

/* A string literal without the zero at its end. */
#define SPAN(literal) ((span){(const uint8_t *)(literal), sizeof(literal) - 1})

static inline bool span_equals(span one, span other) {
  if (one.length != other.length) return false;
  for (uint32_t i = 0; i < one.length; i++) {
    if (one.bytes[i] != other.bytes[i]) return false;
  }
  return true;
}

typedef struct {
  const uint8_t *bytes;
  uint32_t length;
  uint32_t position;
  /* What was wrong first, or an empty span. */
  span problem;
  uint32_t problem_position;
} reader;

static inline reader reader_of(span message) {
  return (reader){.bytes = message.bytes, .length = message.length};
}

static inline bool reader_failed(const reader *from) { return from->problem.length > 0; }

static inline void reader_fail(reader *from, span problem) {
  if (reader_failed(from)) return;
  from->problem = problem;
  from->problem_position = from->position;
}

/* Passes over so many bytes: where they begin, or nothing if there are fewer. */
static inline span reader_take(reader *from, uint64_t length) {
  if (!reader_failed(from) && length > from->length - from->position) {
    reader_fail(from, SPAN("message ends early"));
  }
  if (reader_failed(from)) return (span){from->bytes, 0};
  span taken = {from->bytes + from->position, (uint32_t)length};
  from->position += (uint32_t)length;
  return taken;
}

/* An unsigned number of 1, 2, 4 or 8 bytes, the most significant first. */
static inline uint64_t reader_number(reader *from, uint32_t width) {
  span digits = reader_take(from, width);
  uint64_t number = 0;
  for (uint32_t i = 0; i < digits.length; i++) number = number << 8 | digits.bytes[i];
  return number;
}

static inline uint8_t reader_tag(reader *from) { return (uint8_t)reader_number(from, 1); }

static inline bool reader_skip_nil(reader *from) {
  if (reader_failed(from) || from->position >= from->length) return false;
  if (from->bytes[from->position] != 0xc0) return false;
  from->position++;
  return true;
}

/* How many entries follow: a key and a value each. */
static inline uint32_t reader_map(reader *from) {
  uint8_t tag = reader_tag(from);
  if ((tag & 0xf0) == 0x80) return tag & 0x0f;
  if (tag == 0xde) return (uint32_t)reader_number(from, 2);
  if (tag == 0xdf) return (uint32_t)reader_number(from, 4);
  reader_fail(from, SPAN("expected a map"));
  return 0;
}

static inline span reader_text(reader *from) {
  uint8_t tag = reader_tag(from);
  if ((tag & 0xe0) == 0xa0) return reader_take(from, tag & 0x1f);
  if (tag == 0xd9) return reader_take(from, reader_number(from, 1));
  if (tag == 0xda) return reader_take(from, reader_number(from, 2));
  if (tag == 0xdb) return reader_take(from, reader_number(from, 4));
  reader_fail(from, SPAN("expected a string"));
  return (span){from->bytes, 0};
}

static inline int32_t reader_int32(reader *from) {
  uint8_t tag = reader_tag(from);
  int64_t number = 0;
  if (tag < 0x80) number = tag;
  else if (tag >= 0xe0) number = (int8_t)tag;
  else if (tag == 0xcc) number = (int64_t)reader_number(from, 1);
  else if (tag == 0xcd) number = (int64_t)reader_number(from, 2);
  else if (tag == 0xce) number = (int64_t)reader_number(from, 4);
  else if (tag == 0xcf) {
    uint64_t large = reader_number(from, 8);
    number = large > INT32_MAX ? INT64_MAX : (int64_t)large;
  } else if (tag == 0xd0) number = (int8_t)reader_number(from, 1);
  else if (tag == 0xd1) number = (int16_t)reader_number(from, 2);
  else if (tag == 0xd2) number = (int32_t)reader_number(from, 4);
  else if (tag == 0xd3) number = (int64_t)reader_number(from, 8);
  else reader_fail(from, SPAN("expected an integer"));
  if (number < INT32_MIN || number > INT32_MAX) reader_fail(from, SPAN("integer out of range"));
  return reader_failed(from) ? 0 : (int32_t)number;
}

/* Passes over a value of any kind, however deep: by count, not by calling itself. */
static inline void reader_skip(reader *from) {
  /* Each value has a byte at least, so this cannot wrap around before the message ends. */
  for (uint64_t left = 1; left > 0 && !reader_failed(from); left--) {
    uint8_t tag = reader_tag(from);
    if (tag < 0x80 || tag >= 0xe0 || tag == 0xc0 || tag == 0xc2 || tag == 0xc3) continue;
    if ((tag & 0xf0) == 0x80) left += 2 * (uint64_t)(tag & 0x0f);
    else if ((tag & 0xf0) == 0x90) left += tag & 0x0f;
    else if ((tag & 0xe0) == 0xa0) reader_take(from, tag & 0x1f);
    else if (tag == 0xdc) left += reader_number(from, 2);
    else if (tag == 0xdd) left += reader_number(from, 4);
    else if (tag == 0xde) left += 2 * reader_number(from, 2);
    else if (tag == 0xdf) left += 2 * reader_number(from, 4);
    else if (tag == 0xd9 || tag == 0xc4) reader_take(from, reader_number(from, 1));
    else if (tag == 0xda || tag == 0xc5) reader_take(from, reader_number(from, 2));
    else if (tag == 0xdb || tag == 0xc6) reader_take(from, reader_number(from, 4));
    else if (tag == 0xca) reader_take(from, 4);
    else if (tag == 0xcb) reader_take(from, 8);
    else if (tag >= 0xcc && tag <= 0xd3) reader_take(from, 1u << (tag & 3));
    else reader_fail(from, SPAN("unexpected kind of value"));
  }
}

/* Goes on to the value of a key in a map, or fails. */
static inline void reader_field(reader *from, span wanted) {
  for (uint32_t left = reader_map(from); left > 0 && !reader_failed(from); left--) {
    if (span_equals(reader_text(from), wanted)) return;
    reader_skip(from);
  }
  reader_fail(from, SPAN("field missing"));
}

typedef struct {
  uint8_t *bytes;
  uint32_t capacity;
  uint32_t length;
  bool full;
} writer;

static inline span writer_written(const writer *to) { return (span){to->bytes, to->length}; }

static inline void writer_byte(writer *to, uint8_t byte) {
  if (to->length >= to->capacity) to->full = true;
  else to->bytes[to->length++] = byte;
}

static inline void writer_raw(writer *to, span source) {
  for (uint32_t i = 0; i < source.length; i++) writer_byte(to, source.bytes[i]);
}

static inline void writer_number(writer *to, uint8_t tag, uint32_t number, uint32_t width) {
  writer_byte(to, tag);
  for (uint32_t i = width; i > 0; i--) writer_byte(to, (uint8_t)(number >> 8 * (i - 1)));
}

/* A map of up to 15 entries. */
static inline void writer_map(writer *to, uint8_t entries) { writer_byte(to, 0x80 | entries); }

static inline void writer_text(writer *to, span text) {
  if (text.length < 32) writer_byte(to, (uint8_t)(0xa0 | text.length));
  else if (text.length <= UINT8_MAX) writer_number(to, 0xd9, text.length, 1);
  else if (text.length <= UINT16_MAX) writer_number(to, 0xda, text.length, 2);
  else writer_number(to, 0xdb, text.length, 4);
  writer_raw(to, text);
}

static inline void writer_binary(writer *to, span bytes) {
  if (bytes.length <= UINT8_MAX) writer_number(to, 0xc4, bytes.length, 1);
  else if (bytes.length <= UINT16_MAX) writer_number(to, 0xc5, bytes.length, 2);
  else writer_number(to, 0xc6, bytes.length, 4);
  writer_raw(to, bytes);
}

static inline void writer_uint32(writer *to, uint32_t number) {
  if (number < 0x80) writer_byte(to, (uint8_t)number);
  else if (number <= UINT8_MAX) writer_number(to, 0xcc, number, 1);
  else if (number <= UINT16_MAX) writer_number(to, 0xcd, number, 2);
  else writer_number(to, 0xce, number, 4);
}

/* As text, for people and for JSON. */
static inline void writer_decimal(writer *to, int64_t number) {
  uint8_t digits[20];
  uint32_t count = 0;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do digits[count++] = (uint8_t)('0' + rest % 10);
  while ((rest /= 10) > 0);
  if (number < 0) writer_byte(to, '-');
  while (count > 0) writer_byte(to, digits[--count]);
}

#endif
