/* SPDX-License-Identifier: MIT OR Apache-2.0
 * Driver of the engine: portable C99, without allocation and without state beside `recross_device`.
 *
 * The driver reaches the hardware by four functions of the user's: to read and to write a register, to
 * send a beat of ids, and to wait. recross_mmio_read and recross_mmio_write serve where the registers
 * are in the processor's address space.
 *
 * A device may be used by one thread at a time. recross_submit uses nothing but its port's stream, so
 * threads may call it for different ports while another uses the registers.
 */
#ifndef RECROSS_DRIVER_H
#define RECROSS_DRIVER_H

#include "recross_regs.h"

#include <stddef.h>
#include <stdint.h>

typedef enum {
  RECROSS_OK = 0,
  RECROSS_BUS,       /* the bus answered an access with an error */
  RECROSS_NOT_ONE,   /* no engine at this address: identification is wrong */
  RECROSS_INTERFACE, /* an engine with another interface than this driver's */
  RECROSS_GEOMETRY,  /* an engine, or an image, of another geometry */
  RECROSS_ARGUMENT,  /* a number is out of range */
  RECROSS_FAILED,    /* rows could not be verified: see recross_answers */
  RECROSS_TIMEOUT    /* what was waited for did not happen in time */
} recross_status;

/* A beat of ids, as the stream of a port takes it. */
typedef struct {
  uint32_t ids[RECROSS_IDS];
  uint32_t keep; /* four bits an id: 0xf if there is one, else 0 */
  uint32_t user; /* the bag's tag */
  int last;      /* the bag's last beat */
} recross_beat;

/* What reaches the hardware. Each function returns 0, or another number if it fails. */
typedef struct {
  void *context; /* the functions' first argument */
  int (*read)(void *context, uint32_t address, uint32_t *value);
  int (*write)(void *context, uint32_t address, uint32_t value);
  int (*beat)(void *context, uint32_t port, const recross_beat *beat);
  int (*wait)(void *context); /* sleeps until an interrupt or for a while; may be NULL */
} recross_bus;

typedef struct {
  recross_bus bus;
} recross_device;

/* Answers to the rows written since recross_clear_answers. */
typedef struct {
  uint32_t done;   /* rows that have been answered */
  uint32_t failed; /* those of them that could not be verified; the first one: */
  uint32_t lane;
  uint32_t bank;
  uint32_t slot;
  uint32_t row;
} recross_answers;

/* The first offender of each event, valid while the bit of the event is set. */
typedef struct {
  uint32_t events;        /* RECROSS_EVENTS_... */
  uint32_t id_range_port; /* of the first id that was dropped */
  uint32_t id_range_id;
  uint32_t bag_long_port; /* of the first bag with too many ids */
  uint32_t bank_lane;     /* of the first bank with an error */
  uint32_t bank;
  uint32_t refused_at; /* address of the first write that was refused */
} recross_faults;

/* Words of a block of a row, and of a row. */
#define RECROSS_BLOCK_WORDS ((RECROSS_PROG_BITS + 31u) / 32u)
#define RECROSS_ROW_WORDS (RECROSS_BLOCKS * RECROSS_BLOCK_WORDS)

/* Status of a result, above its tag. */
#define RECROSS_RESULT_ID_RANGE 1u /* an id was dropped because its place does not exist */
#define RECROSS_RESULT_BAG_LONG 2u /* the bag has more than RECROSS_MAX_BAG ids */

/* Looks for the engine that this driver was generated with. */
recross_status recross_open(recross_device *device, const recross_bus *bus);

/* The physical id of an embedding from its place. Numbers must be in range. */
uint32_t recross_id(uint32_t lane, uint32_t bank, uint32_t slot, uint32_t row);
/* Puts the ids of a bag into an order that suits the engine: those of a crossbar follow one another, in
 * ascending rows, and the last of them is marked. `first_lane` is the lane to begin with, best another one
 * for each port. The result of the bag does not depend on it. Takes `count` * log(`count`) steps. */
void recross_sort(uint32_t *ids, size_t count, uint32_t first_lane);

/* Opens the window for rows: `header` is the header word of the image that the rows come from. */
recross_status recross_program_begin(recross_device *device, uint32_t header);
/* Writes a row of a crossbar: RECROSS_ROW_WORDS words. Does not wait for its answer. */
recross_status recross_program_row(recross_device *device, uint32_t lane, uint32_t bank, uint32_t slot,
                                   uint32_t row, const uint32_t *words);
/* Writes `count` rows that follow one another in a bank, slot after slot. */
recross_status recross_program_rows(recross_device *device, uint32_t lane, uint32_t bank, uint32_t slot,
                                    uint32_t row, const uint32_t *words, size_t count);
/* Waits until all rows have their answers, for `polls` readings, and closes the window. */
recross_status recross_program_end(recross_device *device, uint32_t polls);
recross_status recross_answers_read(recross_device *device, recross_answers *answers);
recross_status recross_answers_clear(recross_device *device);

/* Sends a bag of physical ids to a port. A bag may be empty: its result is zero. */
recross_status recross_submit(recross_device *device, uint32_t port, uint32_t tag, const uint32_t *ids,
                              size_t count);
/* The tag and the status of a result, from TUSER. */
uint32_t recross_result_tag(uint64_t user);
uint32_t recross_result_status(uint64_t user);
/* Element `index` of a vector, from the words of its beats. */
int64_t recross_result_element(const uint32_t *words, uint32_t index);

/* Lets the ports take ids, or holds them. After a reset they take ids. */
recross_status recross_enable(recross_device *device, int enabled);
/* Drops all bags in flight, and rows that are not written to their end. */
recross_status recross_flush(recross_device *device);
/* Waits until no bag is in flight, for `polls` readings. */
recross_status recross_wait_idle(recross_device *device, uint32_t polls);

/* Event counters: frozen, all have values of the same cycle. */
recross_status recross_counters_freeze(recross_device *device, int frozen);
recross_status recross_counters_clear(recross_device *device);
/* `address` is one of RECROSS_REG_ENGINE_COUNTER, RECROSS_REG_LANE_COUNTER and
 * RECROSS_REG_BANK_COUNTER. */
recross_status recross_counter_read(recross_device *device, uint32_t address, uint64_t *value);

/* Events that make the interrupt output high, as RECROSS_EVENTS_... */
recross_status recross_interrupts(recross_device *device, uint32_t mask);
/* Waits until one of the events has happened, for `polls` readings. */
recross_status recross_wait(recross_device *device, uint32_t events, uint32_t polls);
recross_status recross_faults_read(recross_device *device, recross_faults *faults);
/* Clears events. Those that happened again meanwhile, and were not among `events`, stay. */
recross_status recross_events_clear(recross_device *device, uint32_t events);

/* Registers in the processor's address space; the bus's context is the address of the first. */
int recross_mmio_read(void *base, uint32_t address, uint32_t *value);
int recross_mmio_write(void *base, uint32_t address, uint32_t value);

#endif
