// $readmemh of plain files. Verilator's own takes about 37 ns a digit, which would be most of the time of a short run
// with large memory images. What is not plain (comments, `_`, `x`, a word or an address that is too large, bounds other
// than the memory's) is left to Verilator's, with its messages.
#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include "verilated.h"

// This is used in code that is not optimised.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("O2")
#endif

namespace vm {

// Of each character: the value of a hexadecimal digit, or one of these.
enum : uint8_t { BLANK = 16, ADDRESS, OTHER };

struct Kinds {
    uint8_t of[256];
    constexpr Kinds()
        : of{} {
        for (int c = 0; c < 256; ++c) of[c] = OTHER;
        for (int d = 0; d < 10; ++d) of['0' + d] = d;
        for (int d = 10; d < 16; ++d) of['a' + d - 10] = of['A' + d - 10] = d;
        for (int c : {' ', '\t', '\r', '\n', '\f'}) of[c] = BLANK;
        of['@'] = ADDRESS;
    }
};
inline constexpr Kinds KINDS{};

// The number of up to 16 digits.
inline uint64_t number(const uint8_t* from, const uint8_t* to) {
    uint64_t value = 0;
    while (from < to) value = value << 4 | KINDS.of[*from++];
    return value;
}

// Sets a word of a memory as Verilator lays it out; at most 4 * digits bits are not 0.
inline void set_word(void* memory, uint64_t entry, int bits, const uint8_t* from, const uint8_t* to) {
    if (bits <= 8) {
        static_cast<CData*>(memory)[entry] = number(from, to);
    } else if (bits <= 16) {
        static_cast<SData*>(memory)[entry] = number(from, to);
    } else if (bits <= 32) {
        static_cast<IData*>(memory)[entry] = number(from, to);
    } else if (bits <= 64) {
        static_cast<QData*>(memory)[entry] = number(from, to);
    } else {
        const uint64_t words = (bits + 31) / 32;
        EData* const word = static_cast<EData*>(memory) + entry * words;
        for (uint64_t i = 0; i < words; ++i) {
            const uint8_t* const first = to - from > 8 ? to - 8 : from;
            word[i] = number(first, to);
            to = first;
        }
    }
}

// Reads the file if it is plain; returns whether it was.
inline bool read_plain(int bits, uint64_t depth, uint64_t lowest, const char* name, void* memory) {
    std::unique_ptr<FILE, int (*)(FILE*)> file{std::fopen(name, "rb"), std::fclose};
    if (!file || std::fseek(file.get(), 0, SEEK_END) != 0) return false;
    const long size = std::ftell(file.get());
    if (size < 0 || std::fseek(file.get(), 0, SEEK_SET) != 0) return false;
    const std::unique_ptr<uint8_t[]> text{new uint8_t[size + 1]};
    if (std::fread(text.get(), 1, size, file.get()) != static_cast<size_t>(size)) return false;
    text[size] = '\n';  // The last word ends here, too.
    const int digits = (bits + 3) / 4;
    const uint8_t* at = text.get();
    const uint8_t* const stop = at + size;
    uint64_t address = lowest;
    while (at < stop) {
        const uint8_t kind = KINDS.of[*at];
        if (kind == BLANK) {
            ++at;
            continue;
        }
        if (kind == OTHER) return false;
        if (kind == ADDRESS) ++at;
        const uint8_t* const from = at;
        while (KINDS.of[*at] < BLANK) ++at;
        const long length = at - from;
        if (length == 0 || KINDS.of[*at] != BLANK) return false;
        if (kind == ADDRESS) {
            if (length > 16) return false;
            address = number(from, at);
            continue;
        }
        const bool fits = length < digits || (length == digits && (bits % 4 == 0 || KINDS.of[*from] >> bits % 4 == 0));
        if (!fits || address < lowest || address - lowest >= depth) return false;
        set_word(memory, address - lowest, bits, from, at);
        ++address;
    }
    return true;
}

inline void readmem(bool hex, int bits, QData depth, int array_lsb, const std::string& name, void* memory, QData start,
                    QData end) {
    const bool whole = hex && start <= static_cast<QData>(array_lsb) && end == ~0ULL;
    if (whole && read_plain(bits, depth, array_lsb, name.c_str(), memory)) return;
    VL_READMEM_N(hex, bits, depth, array_lsb, name, memory, start, end);
}

// Associative arrays.
template <class Memory>
void readmem(bool hex, int bits, const std::string& name, Memory& memory, QData start, QData end) {
    VL_READMEM_N(hex, bits, name, memory, start, end);
}

}  // namespace vm

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

#define VL_READMEM_N vm::readmem
