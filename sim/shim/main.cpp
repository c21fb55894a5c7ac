// A plain program around the same model and clock loop: reads a stimulus file, prints cycles and seconds.
#include <chrono>
#include <cinttypes>
#include <cstdlib>

static std::vector<uint64_t> vm_load(const char* path) {
    std::vector<uint64_t> data;
    std::FILE* const file = std::fopen(path, "rb");
    if (!file) {
        std::fprintf(stderr, "cannot read %s\n", path);
        std::exit(2);
    }
    uint64_t word;
    while (std::fread(&word, sizeof word, 1, file) == 1) data.push_back(word);
    std::fclose(file);
    return data;
}

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s STIMULUS [OUTPUT [+plusarg ...]]\n", argv[0]);
        return 2;
    }
    const std::vector<uint64_t> data = vm_load(argv[1]);
    std::size_t at = 0;
    const auto next = [&]() -> uint64_t {
        if (at == data.size()) {
            std::fprintf(stderr, "the stimulus file is too short\n");
            std::exit(2);
        }
        return data[at++];
    };
    if (next() != 0x314d495354534d56ULL) {
        std::fprintf(stderr, "not a stimulus file\n");
        return 2;
    }
    const uint64_t reset_cycles = next();
    vm::Run run{};
    const uint64_t max_cycles = next();
    run.idle_limit = next();
    run.drain = next();
    run.n_in = next();
    run.n_out = next();
    if (run.n_in != D::INPUTS || run.n_out != D::OUTPUTS) {
        std::fprintf(stderr, "the stimulus file is for another design\n");
        return 2;
    }
    std::vector<vm::In> in(run.n_in);
    std::vector<vm::Out> out(run.n_out);
    std::vector<std::vector<uint32_t>> words(run.n_in), items(run.n_out);
    std::vector<std::vector<uint64_t>> stamps(run.n_out);
    std::vector<std::size_t> item_words(run.n_out), in_words(run.n_in);
    D::outputs([&](auto s) { item_words[s.INDEX] = s.WORDS; });
    D::inputs([&](auto s) { in_words[s.INDEX] = s.WORDS; });
    for (std::size_t i = 0; i < in.size(); ++i) {
        in[i].items = next();
        in[i].per_1024 = static_cast<uint32_t>(next());
        in[i].rng = next();
        in[i].last = vm::NEVER;
        const uint64_t n = in[i].items * in_words[i];
        for (uint64_t w = 0; w < n; ++w) {
            const uint64_t pair = w % 2 == 0 ? next() : data[at - 1] >> 32;
            words[i].push_back(static_cast<uint32_t>(pair));
        }
        in[i].words = words[i].data();
        run.remaining += in[i].items;
    }
    for (std::size_t o = 0; o < out.size(); ++o) {
        out[o].expect = next();
        out[o].per_1024 = static_cast<uint32_t>(next());
        out[o].rng = next();
        out[o].last = vm::NEVER;
        if (out[o].expect > 1ULL << 32) {
            std::fprintf(stderr, "the stimulus file expects more than 2^32 items of one output\n");
            return 2;
        }
        out[o].capacity = 2 * out[o].expect + 65536;
        items[o].resize(out[o].capacity * item_words[o]);
        stamps[o].resize(out[o].capacity);
        out[o].words = items[o].data();
        out[o].stamps = stamps[o].data();
        run.remaining += out[o].expect;
    }
    run.in = in.data();
    run.out = out.data();
    run.budget = max_cycles;
    std::vector<const char*> arguments{"model"};
    for (int i = 3; i < argc; ++i) arguments.push_back(argv[i]);
    void* const model = vm_create(static_cast<int32_t>(arguments.size()), arguments.data());
    if (!model) return 2;
    vm_reset(model, reset_cycles);
    const auto start = std::chrono::steady_clock::now();
    const int32_t status = vm_run(model, &run);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("status %d cycles %" PRIu64 " seconds %.6f\n", status, run.cycles, seconds.count());
    if (argc > 2) {
        std::FILE* const file = std::fopen(argv[2], "wb");
        if (!file) return 2;
        for (std::size_t o = 0; o < out.size(); ++o) {
            if (item_words[o] != 0) std::fwrite(items[o].data(), 4 * item_words[o], out[o].done, file);
        }
        std::fclose(file);
    }
    vm_destroy(model);
    return status == vm::COMPLETE || status == vm::FINISH ? 0 : 1;
}
