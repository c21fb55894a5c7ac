// SPDX-License-Identifier: MIT OR Apache-2.0
// Measures sum pooling on a CUDA device: time of a batch alone, sustained lookups and bytes per
// second.
//
//   nvcc -O3 -o embedding_bag embedding_bag.cu
//   embedding_bag TABLE.npy INDICES.npy OFFSETS.npy [BATCH]
//
// TABLE: 2-D, int8 or float32, rows of a multiple of 4 bytes. INDICES, OFFSETS: int32 or int64, as
// for torch.nn.EmbeddingBag (one offset per bag, optionally followed by the number of indices);
// `unzip trace.npz` writes both. Table, indices and offsets are in device memory before the
// measurement; transfers are not timed. The first batch is compared with the host. Prints one line
// of JSON.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <cuda_runtime.h>

[[noreturn]] static void fail(const std::string &what) {
  std::fprintf(stderr, "error: %s\n", what.c_str());
  std::exit(2);
}

static void check(cudaError_t status, const char *what) {
  if (status != cudaSuccess) fail(std::string(what) + ": " + cudaGetErrorString(status));
}

struct Array {
  std::string type;  // "|i1", "<f4", "<i4", "<i8"
  std::vector<int64_t> shape;
  std::vector<char> bytes;
};

static Array read_npy(const char *path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(std::string("cannot read ") + path);
  char start[10];
  if (!in.read(start, 10) || std::memcmp(start, "\x93NUMPY", 6) != 0 || start[6] != 1)
    fail(std::string(path) + ": not a .npy file of version 1");
  size_t length = (unsigned char)start[8] | (size_t)(unsigned char)start[9] << 8;
  std::string header(length, ' ');
  if (!in.read(&header[0], length)) fail(std::string(path) + ": cut off");
  if (header.find("'fortran_order': False") == std::string::npos)
    fail(std::string(path) + ": columns come first; save it in C order");
  Array a;
  size_t at = header.find("'descr': '");
  if (at == std::string::npos) fail(std::string(path) + ": no plain element type");
  a.type = header.substr(at + 10, header.find('\'', at + 10) - at - 10);
  at = header.find("'shape': (");
  if (at == std::string::npos) fail(std::string(path) + ": no shape");
  const char *p = header.c_str() + at + 10;
  while (*p && *p != ')') {
    char *end;
    long long n = std::strtoll(p, &end, 10);
    if (end == p) break;
    a.shape.push_back(n);
    p = end;
    while (*p == ',' || *p == ' ') ++p;
  }
  size_t size = (size_t)(a.type.back() - '0');
  for (int64_t n : a.shape) size *= (size_t)n;
  a.bytes.resize(size);
  if (!in.read(a.bytes.data(), (std::streamsize)size)) fail(std::string(path) + ": cut off");
  return a;
}

static std::vector<int64_t> whole_numbers(const char *path) {
  Array a = read_npy(path);
  if (a.shape.size() != 1) fail(std::string(path) + ": not one-dimensional");
  std::vector<int64_t> out((size_t)a.shape[0]);
  if (a.type == "<i8") {
    std::memcpy(out.data(), a.bytes.data(), a.bytes.size());
  } else if (a.type == "<i4") {
    const int32_t *v = (const int32_t *)a.bytes.data();
    std::copy(v, v + out.size(), out.begin());
  } else {
    fail(std::string(path) + ": not int32 or int64");
  }
  return out;
}

// The elements in a 4-byte word of a row: their sum on the device, and their values on the host.
struct Int8 {
  using Sum = int4;
  static const int ELEMENTS = 4;
  __host__ __device__ static Sum zero() { return make_int4(0, 0, 0, 0); }
  __device__ static void add(Sum &s, uint32_t w) {
    s.x += (int8_t)(w & 255);
    s.y += (int8_t)(w >> 8 & 255);
    s.z += (int8_t)(w >> 16 & 255);
    s.w += (int8_t)(w >> 24);
  }
  __device__ static void across(Sum &s, int lanes) {
    s.x += __shfl_down_sync(~0u, s.x, lanes);
    s.y += __shfl_down_sync(~0u, s.y, lanes);
    s.z += __shfl_down_sync(~0u, s.z, lanes);
    s.w += __shfl_down_sync(~0u, s.w, lanes);
  }
  static double element(const char *row, int64_t e) { return ((const int8_t *)row)[e]; }
  static double result(const char *out, int64_t e) { return ((const int32_t *)out)[e]; }
};

struct Fp32 {
  using Sum = float;
  static const int ELEMENTS = 1;
  __host__ __device__ static Sum zero() { return 0.0f; }
  __device__ static void add(Sum &s, uint32_t w) { s += __uint_as_float(w); }
  __device__ static void across(Sum &s, int lanes) { s += __shfl_down_sync(~0u, s, lanes); }
  static double element(const char *row, int64_t e) { return ((const float *)row)[e]; }
  static double result(const char *out, int64_t e) { return ((const float *)out)[e]; }
};

// One warp per bag. `lanes` (a power of two) lanes share a row; 32 / lanes rows are read at the
// same time, and each lane has four loads in flight.
template <class T>
__global__ void pool(const uint32_t *table, const int32_t *indices, const int64_t *offsets,
                     typename T::Sum *out, int64_t first, int64_t bags, int words, int lanes) {
  int64_t warp = (blockIdx.x * (int64_t)blockDim.x + threadIdx.x) / 32;
  if (warp >= bags) return;
  int lane = threadIdx.x % 32, column = lane % lanes, group = lane / lanes, groups = 32 / lanes;
  int64_t bag = first + warp, begin = offsets[bag], end = offsets[bag + 1];
  for (int base = 0; base < words; base += lanes) {
    int word = base + column;
    typename T::Sum sum = T::zero();
    if (word < words) {
      int64_t i = begin + group;
      for (; i + 3 * groups < end; i += 4 * groups) {
        uint32_t w[4];
#pragma unroll
        for (int k = 0; k < 4; ++k)
          w[k] = table[(int64_t)indices[i + k * groups] * words + word];
#pragma unroll
        for (int k = 0; k < 4; ++k) T::add(sum, w[k]);
      }
      for (; i < end; i += groups) T::add(sum, table[(int64_t)indices[i] * words + word]);
    }
    for (int step = 16; step >= lanes; step /= 2) T::across(sum, step);
    if (group == 0 && word < words) out[bag * words + word] = sum;
  }
}

template <class T>
static void measure(const Array &table, const std::vector<int64_t> &indices,
                    const std::vector<int64_t> &offsets, int64_t batch, const char *precision) {
  int64_t rows = table.shape[0], dim = table.shape[1], bags = (int64_t)offsets.size() - 1;
  int64_t row_bytes = (int64_t)table.bytes.size() / rows;
  if (row_bytes % 4 != 0) fail("rows are not a multiple of 4 bytes");
  int words = (int)(row_bytes / 4), lanes = 1;
  while (lanes < words && lanes < 32) lanes *= 2;
  std::vector<int32_t> narrow(indices.begin(), indices.end());

  char *d_table, *d_out;
  int32_t *d_indices;
  int64_t *d_offsets;
  size_t out_bytes = (size_t)bags * words * sizeof(typename T::Sum);
  check(cudaMalloc(&d_table, table.bytes.size()), "table");
  check(cudaMalloc(&d_indices, narrow.size() * 4), "indices");
  check(cudaMalloc(&d_offsets, offsets.size() * 8), "offsets");
  check(cudaMalloc(&d_out, out_bytes), "results");
  check(cudaMemcpy(d_table, table.bytes.data(), table.bytes.size(), cudaMemcpyHostToDevice), "copy");
  check(cudaMemcpy(d_indices, narrow.data(), narrow.size() * 4, cudaMemcpyHostToDevice), "copy");
  check(cudaMemcpy(d_offsets, offsets.data(), offsets.size() * 8, cudaMemcpyHostToDevice), "copy");

  auto launch = [&](int64_t first, int64_t number) {
    const int threads = 128;
    int64_t blocks = (number * 32 + threads - 1) / threads;
    pool<T><<<(unsigned)blocks, threads>>>((const uint32_t *)d_table, d_indices, d_offsets,
                                           (typename T::Sum *)d_out, first, number, words, lanes);
  };
  cudaEvent_t begin, end;
  check(cudaEventCreate(&begin), "event");
  check(cudaEventCreate(&end), "event");
  auto timed = [&](auto what) {
    check(cudaEventRecord(begin), "event");
    what();
    check(cudaGetLastError(), "launch");
    check(cudaEventRecord(end), "event");
    check(cudaEventSynchronize(end), "kernel");
    float ms = 0;
    check(cudaEventElapsedTime(&ms, begin, end), "event");
    return ms * 1e-3;
  };
  auto median = [](std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
  };

  timed([&] { launch(0, bags); });  // warm-up
  std::vector<double> single, all;
  for (int64_t first = 0; first < bags && single.size() < 1000; first += batch) {
    int64_t number = std::min(batch, bags - first);
    if (number == batch || first == 0)
      single.push_back(timed([&] { launch(first, number); }));
  }
  for (int k = 0; k < 20; ++k) all.push_back(timed([&] { launch(0, bags); }));

  int64_t checked = std::min(batch, bags);
  std::vector<char> out((size_t)checked * words * sizeof(typename T::Sum));
  check(cudaMemcpy(out.data(), d_out, out.size(), cudaMemcpyDeviceToHost), "copy");
  for (int64_t b = 0; b < checked; ++b)
    for (int64_t e = 0; e < dim; ++e) {
      double sum = 0, size = 0;
      for (int64_t i = offsets[b]; i < offsets[b + 1]; ++i) {
        double v = T::element(table.bytes.data() + indices[i] * row_bytes, e);
        sum += v;
        size += std::fabs(v);
      }
      if (std::fabs(T::result(out.data(), b * dim + e) - sum) > 1e-5 * size)
        fail("bag " + std::to_string(b) + " is wrong");
    }

  cudaDeviceProp device;
  check(cudaGetDeviceProperties(&device, 0), "device");
  double batch_s = median(single), all_s = median(all);
  double lookups = (double)indices.size();
  std::printf("{\"device\": \"%s\", \"precision\": \"%s\", \"dim\": %lld, \"bags\": %lld, "
              "\"lookups\": %lld, \"batch\": %lld, \"batch_seconds\": %.4e, "
              "\"lookups_per_second\": %.4e, \"gathered_gb_per_second\": %.2f}\n",
              device.name, precision, (long long)dim, (long long)bags, (long long)indices.size(),
              (long long)batch, batch_s, lookups / all_s, lookups * row_bytes / all_s * 1e-9);
}

int main(int argc, char **argv) {
  if (argc < 4 || argc > 5) fail("arguments: TABLE.npy INDICES.npy OFFSETS.npy [BATCH]");
  int64_t batch = argc == 5 ? std::atoll(argv[4]) : 256;
  if (batch < 1) fail("BATCH: at least 1");
  Array table = read_npy(argv[1]);
  if (table.shape.size() != 2 || table.shape[0] == 0) fail("the table is not two-dimensional");
  std::vector<int64_t> indices = whole_numbers(argv[2]), offsets = whole_numbers(argv[3]);
  int64_t lookups = (int64_t)indices.size();
  if (offsets.empty() || offsets[0] != 0 || !std::is_sorted(offsets.begin(), offsets.end()) ||
      offsets.back() > lookups)
    fail("offsets do not ascend from 0 to the number of indices");
  if (offsets.size() < 2 || offsets.back() != lookups) offsets.push_back(lookups);
  if (lookups == 0) fail("no lookups");
  for (int64_t id : indices)
    if (id < 0 || id >= table.shape[0]) fail("an index is not a row of the table");
  if (table.type == "|i1")
    measure<Int8>(table, indices, offsets, batch, "int8");
  else if (table.type == "<f4")
    measure<Fp32>(table, indices, offsets, batch, "fp32");
  else
    fail("the table is not int8 or float32");
  return 0;
}
