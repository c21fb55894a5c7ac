// Reads and writes constant bit ranges of a verilated model's ports. A value is 32-bit words, low word first.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#define VM_INLINE inline __attribute__((always_inline))
#define VM_LAMBDA __attribute__((always_inline))

namespace vm {

// ---- constant bit ranges of ports ----

constexpr uint32_t low_mask(unsigned bits) { return bits >= 32 ? ~0U : (1U << bits) - 1U; }

template <unsigned L, unsigned W, class T>
VM_INLINE void set(T& port, const uint32_t* words) {
    static_assert(std::is_integral<T>::value && L + W <= 8 * sizeof(T), "field lies on the port");
    uint64_t value = words[0];
    if constexpr (W > 32) value |= static_cast<uint64_t>(words[1]) << 32;
    constexpr uint64_t mask = W >= 64 ? ~0ULL : (1ULL << W) - 1ULL;
    port = static_cast<T>((port & ~(mask << L)) | ((value & mask) << L));
}

template <unsigned L, unsigned W, class T>
VM_INLINE void get(const T& port, uint32_t* words) {
    static_assert(std::is_integral<T>::value && L + W <= 8 * sizeof(T), "field lies on the port");
    constexpr uint64_t mask = W >= 64 ? ~0ULL : (1ULL << W) - 1ULL;
    const uint64_t value = (static_cast<uint64_t>(port) >> L) & mask;
    words[0] = static_cast<uint32_t>(value);
    if constexpr (W > 32) words[1] = static_cast<uint32_t>(value >> 32);
}

template <unsigned BITS>
VM_INLINE void put_word(EData* port, unsigned bit, uint32_t value) {
    constexpr uint32_t mask = low_mask(BITS);
    const unsigned shift = bit % 32;
    EData* const p = port + bit / 32;
    p[0] = (p[0] & ~(mask << shift)) | ((value & mask) << shift);
    if (shift + BITS > 32) {
        const unsigned up = 32 - shift;
        p[1] = (p[1] & ~(mask >> up)) | ((value & mask) >> up);
    }
}

template <unsigned L, unsigned W, std::size_t N>
VM_INLINE void set(VlWide<N>& port, const uint32_t* words) {
    static_assert(L + W <= 32 * N, "field lies on the port");
    for (unsigned i = 0; i < W / 32; ++i) put_word<32>(port.m_storage, L + 32 * i, words[i]);
    if constexpr (W % 32 != 0) put_word<W % 32>(port.m_storage, L + W / 32 * 32, words[W / 32]);
}

template <unsigned L, unsigned W, std::size_t N>
VM_INLINE void get(const VlWide<N>& port, uint32_t* words) {
    static_assert(L + W <= 32 * N, "field lies on the port");
    constexpr unsigned shift = L % 32;
    const EData* const p = port.m_storage + L / 32;
    for (unsigned i = 0; i < (W + 31) / 32; ++i) {
        uint32_t value = p[i] >> shift;
        if (shift != 0 && 32 * (i + 1) < W + shift) value |= p[i + 1] << (32 - shift) % 32;
        words[i] = value;
    }
    if constexpr (W % 32 != 0) words[W / 32] &= low_mask(W % 32);
}

template <unsigned L, class T>
VM_INLINE void set_bit(T& port, bool value) {
    const uint32_t word = value;
    set<L, 1>(port, &word);
}

template <unsigned L, class T>
VM_INLINE bool get_bit(const T& port) {
    uint32_t word;
    get<L, 1>(port, &word);
    return word != 0;
}

}  // namespace vm
