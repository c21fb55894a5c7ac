// Included before every file of a model and of Verilator's run time: the model prints into the host's log.
#pragma once
extern "C" int vm_log_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
#define VL_PRINTF vm_log_printf
#define VL_USER_FINISH
#define VL_USER_STOP
#define VL_USER_FATAL
