/* The package's driver on a bus that answers anything: reads inputs from standard input, each a number of
 * bytes (four bytes, lowest first) and the bytes, and writes a byte for each. The bytes choose calls and all
 * that the bus answers. A broken promise ends the program.
 */
#include "recross_driver.h"

#include <stdio.h>
#include <stdlib.h>

#define WORDS 4096u

static unsigned char bytes[1u << 20];
static size_t left, at;
/* Accesses that the current call has made, and the most that it may make. */
static unsigned long accesses, most;
static uint32_t beats, kept, expected_tag;
static int last_seen, failed_once;

static void promise(int kept_promise, const char *what) {
  if (kept_promise) return;
  fprintf(stderr, "broken promise: %s\n", what);
  abort();
}

static uint32_t byte(void) { return at < left ? bytes[at++] : 0; }

static uint32_t word(void) {
  uint32_t low = byte() | byte() << 8;
  return low | byte() << 16 | byte() << 24;
}

/* A number that often is at an end of a range of `end` numbers. */
static uint32_t near(uint32_t end) {
  switch (byte() % 4u) {
    case 0: return end - 1u;
    case 1: return end;
    case 2: return word();
    default: return end == 0 ? 0 : word() % end;
  }
}

static int access(uint32_t address) {
  promise(address % 4u == 0, "addresses of words");
  promise(++accesses <= most, "no more accesses than a call needs");
  if (byte() % 16u == 1) {
    failed_once = 1;
    return 1 + (int)byte();
  }
  return 0;
}

static int read_register(void *context, uint32_t address, uint32_t *value) {
  (void)context;
  switch (byte() % 4u) {
    case 0: *value = word(); break;
    case 1: *value = RECROSS_GEOMETRY_VALUE; break;
    case 2: *value = address == RECROSS_REG_ID ? RECROSS_ID_VALUE : RECROSS_INTERFACE_VALUE; break;
    default: *value = 0; break;
  }
  return access(address);
}

static int write_register(void *context, uint32_t address, uint32_t value) {
  (void)context;
  (void)value;
  return access(address);
}

static int send_beat(void *context, uint32_t port, const recross_beat *beat) {
  uint32_t k, open = 1;
  (void)context;
  promise(port < RECROSS_PORTS, "ports that exist");
  promise(!last_seen, "nothing after the last beat of a bag");
  promise(beat->user == expected_tag, "the tag of the bag");
  for (k = 0; k < RECROSS_IDS; ++k) {
    const uint32_t keep = beat->keep >> (4u * k) & 0xfu;
    promise(keep == 0 || keep == 0xfu, "whole ids");
    promise(open || keep == 0, "ids without gaps");
    open = keep != 0;
    kept += open;
  }
  last_seen = beat->last;
  ++beats;
  return access(0);
}

static int wait_a_while(void *context) {
  (void)context;
  return byte() % 16u == 1;
}

/* Calls a function that the next byte chooses. */
static void call(recross_device *device) {
  static uint32_t words[WORDS];
  static const size_t room = WORDS / RECROSS_ROW_WORDS;
  recross_status status = RECROSS_OK;
  uint32_t polls = byte(), i;
  accesses = 0;
  most = 8u + polls;
  beats = kept = failed_once = last_seen = 0;
  switch (byte() % 16u) {
    case 0: status = recross_program_begin(device, near(RECROSS_GEOMETRY_VALUE)); break;
    case 1: {
      const uint32_t lane = near(RECROSS_LANES), bank = near(RECROSS_BANKS), slot = near(RECROSS_SLOTS);
      const uint32_t row = near(RECROSS_ROWS);
      const size_t count = byte() % (room + 1u);
      most = 2u + (unsigned long)count * RECROSS_ROW_WORDS;
      status = recross_program_rows(device, lane, bank, slot, row, words, count);
      if (lane >= RECROSS_LANES || bank >= RECROSS_BANKS || slot >= RECROSS_SLOTS || row >= RECROSS_ROWS)
        promise(status == RECROSS_ARGUMENT && accesses == 0, "no place that does not exist");
      else if (status == RECROSS_OK)
        promise(accesses == most, "every word of every row");
      break;
    }
    case 2: status = recross_program_end(device, polls); break;
    case 3: {
      recross_answers answers = {0, 0, 0, 0, 0, 0};
      status = recross_answers_read(device, &answers);
      break;
    }
    case 4: status = recross_answers_clear(device); break;
    case 5:
    case 6: {
      const uint32_t port = near(RECROSS_PORTS), tag = word();
      const size_t count = word() % WORDS;
      const unsigned long needed = count == 0 ? 1 : (count + RECROSS_IDS - 1u) / RECROSS_IDS;
      expected_tag = tag;
      most = needed;
      status = recross_submit(device, port, tag, words, count);
      if (port >= RECROSS_PORTS) promise(status == RECROSS_ARGUMENT && beats == 0, "no port that does not exist");
      if (status == RECROSS_OK)
        promise(beats == needed && kept == count && last_seen, "all ids of a bag, and its end");
      break;
    }
    case 7: {
      const uint32_t first = word();
      uint32_t sum = 0, after = 0, marker = RECROSS_LANE_BITS + RECROSS_BANK_BITS + RECROSS_SLOT_BITS +
                                                 RECROSS_ROW_NUMBER_BITS < 32u ? 0x80000000u : 0u;
      const size_t count = word() % 64u;
      for (i = 0; i < count; ++i) {
        words[i] = recross_id(word() % RECROSS_LANES, word() % RECROSS_BANKS, word() % RECROSS_SLOTS, word() % RECROSS_ROWS);
        sum += words[i] & ~marker;
      }
      recross_sort(words, count, first);
      for (i = 0; i < count; ++i) after += words[i] & ~marker;
      promise(sum == after, "a sorted bag has the same ids");
      promise(count == 0 || marker == 0 || (words[count - 1] & marker) != 0, "the last id is marked");
      break;
    }
    case 8: {
      const uint64_t user = (uint64_t)word() << 32 | word();
      promise(recross_result_status(user) <= 3u, "two bits of status");
      (void)recross_result_tag(user);
      for (i = 0; i < 2u * RECROSS_DIM + 2u && i < WORDS; ++i) words[i] = word();
      for (i = 0; i < RECROSS_DIM; ++i) (void)recross_result_element(words, i);
      break;
    }
    case 9: status = recross_enable(device, (int)word()); break;
    case 10: status = byte() % 2u ? recross_flush(device) : recross_counters_clear(device); break;
    case 11: status = recross_wait_idle(device, polls); break;
    case 12: {
      uint64_t value = 0;
      status = recross_counters_freeze(device, (int)word());
      if (status == RECROSS_OK) status = recross_counter_read(device, word() & ~7u, &value);
      break;
    }
    case 13: status = recross_wait(device, word(), polls); break;
    case 14: {
      recross_faults faults = {0, 0, 0, 0, 0, 0, 0};
      status = recross_faults_read(device, &faults);
      if (status == RECROSS_OK) status = recross_events_clear(device, faults.events);
      break;
    }
    default: status = recross_interrupts(device, word()); break;
  }
  promise(status >= RECROSS_OK && status <= RECROSS_TIMEOUT, "a status that is one");
  if (failed_once) promise(status == RECROSS_BUS, "a failed access is told");
}

int main(void) {
  unsigned char size[4];
  const recross_bus bus = {NULL, read_register, write_register, send_beat, wait_a_while};
  while (fread(size, 1, 4, stdin) == 4) {
    recross_device device;
    left = size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16 | (size_t)size[3] << 24;
    if (left > sizeof bytes || fread(bytes, 1, left, stdin) != left) return 3;
    at = 0;
    accesses = 0;
    most = 3;
    (void)recross_open(&device, &bus);
    while (at < left) call(&device);
    putchar('.');
    fflush(stdout);
  }
  return 0;
}
