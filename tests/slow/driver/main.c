/* Calls the driver's functions as they are named on standard input, and asks on standard output for
 * each access to the hardware: the test beside it has the model of the engine.
 */
#include "recross_driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 65536u

static uint64_t number(void) {
  uint64_t value = 0;
  if (scanf("%" SCNu64, &value) != 1) exit(3);
  return value;
}

static uint32_t word(void) { return (uint32_t)number(); }

/* Ends a question, and reads whether the access failed. */
static int asked(void) {
  putchar('\n');
  fflush(stdout);
  return (int)number();
}

static int read_register(void *context, uint32_t address, uint32_t *value) {
  int failed;
  (void)context;
  printf("read %" PRIu32, address);
  failed = asked();
  *value = word();
  return failed;
}

static int write_register(void *context, uint32_t address, uint32_t value) {
  (void)context;
  printf("write %" PRIu32 " %" PRIu32, address, value);
  return asked();
}

static int send_beat(void *context, uint32_t port, const recross_beat *beat) {
  uint32_t k;
  (void)context;
  printf("beat %" PRIu32, port);
  for (k = 0; k < RECROSS_IDS; ++k) printf(" %" PRIu32, beat->ids[k]);
  printf(" %" PRIu32 " %d %" PRIu32, beat->keep, beat->last, beat->user);
  return asked();
}

static int wait_a_while(void *context) {
  (void)context;
  printf("wait");
  return asked();
}

static uint32_t counter_address(uint32_t kind, uint32_t lane, uint32_t bank, uint32_t index) {
  if (kind == 0) return RECROSS_REG_ENGINE_COUNTER(index);
  if (kind == 1) return RECROSS_REG_LANE_COUNTER(lane, index);
  return RECROSS_REG_BANK_COUNTER(lane, bank, index);
}

int main(void) {
  static uint32_t words[WORDS];
  const recross_bus bus = {NULL, read_register, write_register, send_beat, wait_a_while};
  recross_device device = {{NULL, NULL, NULL, NULL, NULL}};
  char name[32];
  while (scanf("%31s", name) == 1) {
    uint32_t in[5] = {0, 0, 0, 0, 0};
    int64_t out[RECROSS_DIM + 8u];
    size_t given = 0;
    size_t results = 0;
    size_t i;
    recross_status status = RECROSS_OK;
    const size_t numbers = (size_t)number();
    for (i = 0; i < numbers && i < 5; ++i) in[i] = word();
    if (numbers == 5) given = in[4];
    if (given > WORDS) return 4;
    for (i = 0; i < given; ++i) words[i] = word();
    if (strcmp(name, "open") == 0) {
      status = recross_open(&device, &bus);
    } else if (strcmp(name, "begin") == 0) {
      status = recross_program_begin(&device, in[0]);
    } else if (strcmp(name, "row") == 0) {
      status = recross_program_row(&device, in[0], in[1], in[2], in[3], words);
    } else if (strcmp(name, "rows") == 0) {
      status = recross_program_rows(&device, in[0], in[1], in[2], in[3], words, given / RECROSS_ROW_WORDS);
    } else if (strcmp(name, "end") == 0) {
      status = recross_program_end(&device, in[0]);
    } else if (strcmp(name, "answers") == 0) {
      recross_answers a;
      status = recross_answers_read(&device, &a);
      out[0] = a.done, out[1] = a.failed, out[2] = a.lane, out[3] = a.bank, out[4] = a.slot, out[5] = a.row;
      results = 6;
    } else if (strcmp(name, "clear_answers") == 0) {
      status = recross_answers_clear(&device);
    } else if (strcmp(name, "submit") == 0) {
      status = recross_submit(&device, in[0], in[1], words, given);
    } else if (strcmp(name, "sort") == 0) {
      recross_sort(words, given, in[0]);
      printf("done 0");
      for (i = 0; i < given; ++i) printf(" %" PRIu32, words[i]);
      putchar('\n');
      fflush(stdout);
      continue;
    } else if (strcmp(name, "id") == 0) {
      out[0] = recross_id(in[0], in[1], in[2], in[3]);
      results = 1;
    } else if (strcmp(name, "result") == 0) {
      const uint64_t user = (uint64_t)in[1] << 32 | in[0];
      out[0] = recross_result_tag(user);
      out[1] = recross_result_status(user);
      for (i = 0; i < RECROSS_DIM; ++i) out[2 + i] = recross_result_element(words, (uint32_t)i);
      results = 2 + RECROSS_DIM;
    } else if (strcmp(name, "enable") == 0) {
      status = recross_enable(&device, (int)in[0]);
    } else if (strcmp(name, "flush") == 0) {
      status = recross_flush(&device);
    } else if (strcmp(name, "idle") == 0) {
      status = recross_wait_idle(&device, in[0]);
    } else if (strcmp(name, "freeze") == 0) {
      status = recross_counters_freeze(&device, (int)in[0]);
    } else if (strcmp(name, "clear_counters") == 0) {
      status = recross_counters_clear(&device);
    } else if (strcmp(name, "counter") == 0) {
      uint64_t value = 0;
      status = recross_counter_read(&device, counter_address(in[0], in[1], in[2], in[3]), &value);
      out[0] = (int64_t)value;
      results = 1;
    } else if (strcmp(name, "interrupts") == 0) {
      status = recross_interrupts(&device, in[0]);
    } else if (strcmp(name, "wait_for") == 0) {
      status = recross_wait(&device, in[0], in[1]);
    } else if (strcmp(name, "faults") == 0) {
      recross_faults f;
      status = recross_faults_read(&device, &f);
      out[0] = f.events, out[1] = f.id_range_port, out[2] = f.id_range_id, out[3] = f.bag_long_port;
      out[4] = f.bank_lane, out[5] = f.bank, out[6] = f.refused_at;
      results = 7;
    } else if (strcmp(name, "clear_events") == 0) {
      status = recross_events_clear(&device, in[0]);
    } else {
      return 5;
    }
    printf("done %d", (int)status);
    for (i = 0; i < results; ++i) printf(" %" PRId64, out[i]);
    putchar('\n');
    fflush(stdout);
  }
  return 0;
}
