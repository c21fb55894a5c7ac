#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| recross_fuzz::registers(bytes));
