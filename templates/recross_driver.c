/* SPDX-License-Identifier: MIT OR Apache-2.0
 * Driver of the engine: recross_driver.h describes it.
 */
#include "recross_driver.h"

static recross_status get(recross_device *device, uint32_t address, uint32_t *value) {
  return device->bus.read(device->bus.context, address, value) != 0 ? RECROSS_BUS : RECROSS_OK;
}

static recross_status put(recross_device *device, uint32_t address, uint32_t value) {
  return device->bus.write(device->bus.context, address, value) != 0 ? RECROSS_BUS : RECROSS_OK;
}

/* Sets or clears bits of the control register. */
static recross_status control(recross_device *device, uint32_t bits, int set) {
  uint32_t value = 0;
  recross_status status = get(device, RECROSS_REG_CONTROL, &value);
  if (status != RECROSS_OK) return status;
  value = set ? value | bits : value & ~bits;
  return put(device, RECROSS_REG_CONTROL, value);
}

/* Reads a register until the bits under `mask` are not all zero (`some`), or all are (not `some`). */
static recross_status poll(recross_device *device, uint32_t address, uint32_t mask, int some, uint32_t polls) {
  for (; polls > 0; --polls) {
    uint32_t value = 0;
    recross_status status = get(device, address, &value);
    if (status != RECROSS_OK) return status;
    if (((value & mask) != 0) == (some != 0)) return RECROSS_OK;
    if (device->bus.wait != NULL && device->bus.wait(device->bus.context) != 0) return RECROSS_BUS;
  }
  return RECROSS_TIMEOUT;
}

recross_status recross_open(recross_device *device, const recross_bus *bus) {
  uint32_t value = 0;
  recross_status status;
  device->bus = *bus;
  status = get(device, RECROSS_REG_ID, &value);
  if (status != RECROSS_OK) return status;
  if (value != RECROSS_ID_VALUE) return RECROSS_NOT_ONE;
  status = get(device, RECROSS_REG_INTERFACE, &value);
  if (status != RECROSS_OK) return status;
  if (value != RECROSS_INTERFACE_VALUE) return RECROSS_INTERFACE;
  status = get(device, RECROSS_REG_GEOMETRY, &value);
  if (status != RECROSS_OK) return status;
  return value == RECROSS_GEOMETRY_VALUE ? RECROSS_OK : RECROSS_GEOMETRY;
}

uint32_t recross_id(uint32_t lane, uint32_t bank, uint32_t slot, uint32_t row) {
  uint32_t id = lane;
  id = id << RECROSS_BANK_BITS | bank;
  id = id << RECROSS_SLOT_BITS | slot;
  return id << RECROSS_ROW_NUMBER_BITS | row;
}

/* Bits of an id below its lane, and the marker of a crossbar's last id if there is a bit for it. */
#define BODY_BITS (RECROSS_BANK_BITS + RECROSS_SLOT_BITS + RECROSS_ROW_NUMBER_BITS)
#define LAST_OF_CROSSBAR ((RECROSS_LANE_BITS + BODY_BITS < 32u) ? 0x80000000u : 0u)

/* The lane counted from `first_lane` on, and the rest of the id. */
static uint32_t turned(uint32_t id, uint32_t first_lane) {
  uint32_t lane = id >> BODY_BITS;
  lane = lane >= first_lane ? lane - first_lane : lane + RECROSS_LANES - first_lane;
  return lane << BODY_BITS | (id & ((1u << BODY_BITS) - 1u));
}

/* Moves an id down to its place in a heap with the largest one on top. */
static void sift(uint32_t *ids, size_t count, size_t at, uint32_t first_lane) {
  uint32_t id = ids[at];
  size_t child;
  while ((child = 2 * at + 1) < count) {
    if (child + 1 < count && turned(ids[child], first_lane) < turned(ids[child + 1], first_lane)) child++;
    if (turned(ids[child], first_lane) <= turned(id, first_lane)) break;
    ids[at] = ids[child];
    at = child;
  }
  ids[at] = id;
}

void recross_sort(uint32_t *ids, size_t count, uint32_t first_lane) {
  size_t i;
  uint32_t id;
  for (i = 0; i < count; i++) ids[i] &= ~LAST_OF_CROSSBAR;
  first_lane %= RECROSS_LANES;
  for (i = count / 2; i > 0; i--) sift(ids, count, i - 1, first_lane);
  for (i = count; i > 1; i--) {
    id = ids[0];
    ids[0] = ids[i - 1];
    ids[i - 1] = id;
    sift(ids, i - 1, 0, first_lane);
  }
  for (i = 0; i < count; i++) {
    if (i + 1 == count || ids[i] >> RECROSS_ROW_NUMBER_BITS != ids[i + 1] >> RECROSS_ROW_NUMBER_BITS)
      ids[i] |= LAST_OF_CROSSBAR;
  }
}

recross_status recross_program_begin(recross_device *device, uint32_t header) {
  if (header != RECROSS_GEOMETRY_VALUE) return RECROSS_GEOMETRY;
  return put(device, RECROSS_REG_PROG_IMAGE, header);
}

recross_status recross_program_rows(recross_device *device, uint32_t lane, uint32_t bank, uint32_t slot,
                                    uint32_t row, const uint32_t *words, size_t count) {
  recross_status status;
  size_t left = (size_t)RECROSS_SLOTS * RECROSS_ROWS;
  if (lane >= RECROSS_LANES || bank >= RECROSS_BANKS || slot >= RECROSS_SLOTS || row >= RECROSS_ROWS)
    return RECROSS_ARGUMENT;
  if (count > left - ((size_t)slot * RECROSS_ROWS + row)) return RECROSS_ARGUMENT;
  status = put(device, RECROSS_REG_PROG_BANK, lane << RECROSS_PROG_BANK_LANE_SHIFT | bank);
  if (status == RECROSS_OK)
    status = put(device, RECROSS_REG_PROG_ROW, slot << RECROSS_PROG_ROW_SLOT_SHIFT | row);
  for (count *= RECROSS_ROW_WORDS; count > 0 && status == RECROSS_OK; --count)
    status = put(device, RECROSS_REG_PROG_DATA, *words++);
  return status;
}

recross_status recross_program_row(recross_device *device, uint32_t lane, uint32_t bank, uint32_t slot,
                                   uint32_t row, const uint32_t *words) {
  return recross_program_rows(device, lane, bank, slot, row, words, 1);
}

recross_status recross_program_end(recross_device *device, uint32_t polls) {
  recross_answers answers;
  recross_status status = poll(device, RECROSS_REG_STATUS, RECROSS_STATUS_PROG_BUSY, 0, polls);
  if (status != RECROSS_OK) return status;
  status = put(device, RECROSS_REG_PROG_IMAGE, 0);
  if (status != RECROSS_OK) return status;
  status = recross_answers_read(device, &answers);
  if (status != RECROSS_OK) return status;
  return answers.failed == 0 ? RECROSS_OK : RECROSS_FAILED;
}

recross_status recross_answers_read(recross_device *device, recross_answers *answers) {
  uint32_t bank = 0;
  uint32_t row = 0;
  recross_status status = get(device, RECROSS_REG_PROG_DONE, &answers->done);
  if (status == RECROSS_OK) status = get(device, RECROSS_REG_PROG_FAILED, &answers->failed);
  if (status == RECROSS_OK) status = get(device, RECROSS_REG_FAIL_BANK, &bank);
  if (status == RECROSS_OK) status = get(device, RECROSS_REG_FAIL_ROW, &row);
  answers->lane = bank >> RECROSS_FAIL_BANK_LANE_SHIFT;
  answers->bank = bank & RECROSS_FAIL_BANK_BANK;
  answers->slot = row >> RECROSS_FAIL_ROW_SLOT_SHIFT;
  answers->row = row & RECROSS_FAIL_ROW_ROW;
  return status;
}

recross_status recross_answers_clear(recross_device *device) {
  return put(device, RECROSS_REG_COMMAND, RECROSS_COMMAND_CLEAR_ANSWERS);
}

recross_status recross_submit(recross_device *device, uint32_t port, uint32_t tag, const uint32_t *ids,
                              size_t count) {
  if (port >= RECROSS_PORTS || (tag & ~(UINT32_MAX >> (32u - RECROSS_USER_TAG_BITS))) != 0)
    return RECROSS_ARGUMENT;
  do {
    recross_beat beat = {{0}, 0, 0, 0};
    uint32_t k;
    for (k = 0; k < RECROSS_IDS && count > 0; ++k, --count) {
      beat.ids[k] = *ids++;
      beat.keep |= 0xfu << (4u * k);
    }
    beat.user = tag;
    beat.last = count == 0;
    if (device->bus.beat(device->bus.context, port, &beat) != 0) return RECROSS_BUS;
  } while (count > 0);
  return RECROSS_OK;
}

uint32_t recross_result_tag(uint64_t user) {
  return (uint32_t)user & (UINT32_MAX >> (32u - RECROSS_USER_TAG_BITS));
}

uint32_t recross_result_status(uint64_t user) {
  return (uint32_t)(user >> RECROSS_USER_TAG_BITS) & 3u;
}

int64_t recross_result_element(const uint32_t *words, uint32_t index) {
  /* Made from its magnitude: what a cast of a large unsigned number gives depends on the compiler. */
#if RECROSS_ELEMENT_BITS == 64
  uint64_t bits = (uint64_t)words[2u * index + 1u] << 32 | words[2u * index];
  return bits >> 63 != 0 ? -(int64_t)(~bits) - 1 : (int64_t)bits;
#else
  uint32_t bits = words[index];
  return bits >> 31 != 0 ? -(int64_t)(uint32_t)(~bits) - 1 : (int64_t)bits;
#endif
}

recross_status recross_enable(recross_device *device, int enabled) {
  return control(device, RECROSS_CONTROL_ENABLE, enabled);
}

recross_status recross_flush(recross_device *device) {
  return put(device, RECROSS_REG_COMMAND, RECROSS_COMMAND_FLUSH);
}

recross_status recross_wait_idle(recross_device *device, uint32_t polls) {
  return poll(device, RECROSS_REG_STATUS, RECROSS_STATUS_IDLE, 1, polls);
}

recross_status recross_counters_freeze(recross_device *device, int frozen) {
  return control(device, RECROSS_CONTROL_FREEZE, frozen);
}

recross_status recross_counters_clear(recross_device *device) {
  return put(device, RECROSS_REG_COMMAND, RECROSS_COMMAND_CLEAR_COUNTERS);
}

recross_status recross_counter_read(recross_device *device, uint32_t address, uint64_t *value) {
  uint32_t low = 0;
  uint32_t high = 0;
  recross_status status = get(device, address, &low);
#if RECROSS_COUNT_BITS > 32
  if (status == RECROSS_OK) status = get(device, address + 4u, &high);
#endif
  *value = (uint64_t)high << 32 | low;
  return status;
}

recross_status recross_interrupts(recross_device *device, uint32_t mask) {
  return put(device, RECROSS_REG_MASK, mask);
}

recross_status recross_wait(recross_device *device, uint32_t events, uint32_t polls) {
  return poll(device, RECROSS_REG_EVENTS, events, 1, polls);
}

recross_status recross_faults_read(recross_device *device, recross_faults *faults) {
  uint32_t bank = 0;
  recross_status status = get(device, RECROSS_REG_EVENTS, &faults->events);
  if (status == RECROSS_OK) status = get(device, RECROSS_REG_ID_RANGE_PORT, &faults->id_range_port);
  if (status == RECROSS_OK) status = get(device, RECROSS_REG_ID_RANGE_ID, &faults->id_range_id);
  if (status == RECROSS_OK) status = get(device, RECROSS_REG_BAG_LONG_PORT, &faults->bag_long_port);
  if (status == RECROSS_OK) status = get(device, RECROSS_REG_BANK_ERROR, &bank);
  if (status == RECROSS_OK) status = get(device, RECROSS_REG_REFUSED_AT, &faults->refused_at);
  faults->bank_lane = bank >> RECROSS_BANK_ERROR_LANE_SHIFT;
  faults->bank = bank & RECROSS_BANK_ERROR_BANK;
  return status;
}

recross_status recross_events_clear(recross_device *device, uint32_t events) {
  return put(device, RECROSS_REG_EVENTS, events);
}

int recross_mmio_read(void *base, uint32_t address, uint32_t *value) {
  *value = *(volatile uint32_t *)((char *)base + address);
  return 0;
}

int recross_mmio_write(void *base, uint32_t address, uint32_t value) {
  *(volatile uint32_t *)((char *)base + address) = value;
  return 0;
}
