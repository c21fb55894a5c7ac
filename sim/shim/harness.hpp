// The clock loop, and the C interface that the host calls. Included after `struct D`, which is generated and describes the design:
//   D::Top                    the verilated class
//   D::inputs(f), outputs(f)  call f(stream) for every stream, in order
//   D::INPUTS, OUTPUTS        how many streams there are
//   D::PROBES, PROBE_WORDS    how many probes there are, and the words of each
//   D::TRACE                  the wave format: 0 none, 1 FST, 2 VCD
//   D::clock(t, v), D::reset(t, asserted), D::probe(t, i, out, words)
// A stream has WORDS, INDEX, and the static functions load/store, valid and ready on its ports.
#pragma once
#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace vm {

// ---- what the host and the loop share; the same layout as in raw.rs ----

constexpr uint32_t ABI = 2;
constexpr uint64_t NEVER = ~0ULL;

struct In {
    const uint32_t* words;
    uint64_t* stamps;  // may be null
    uint64_t items;
    uint64_t done;
    uint64_t last;
    uint64_t rng;
    uint32_t per_1024;
    uint32_t offering;
    uint32_t valid;
    uint32_t ready;
};

struct Out {
    uint32_t* words;
    uint64_t* stamps;
    uint64_t capacity;
    uint64_t expect;
    uint64_t done;
    uint64_t last;
    uint64_t rng;
    uint32_t per_1024;
    uint32_t valid;
    uint32_t ready;
    uint32_t unused;
};

struct Run {
    In* in;
    Out* out;
    uint64_t n_in;
    uint64_t n_out;
    uint64_t budget;      // cycles to run at most in this call
    uint64_t idle_limit;  // 0: none
    uint64_t idle;        // cycles since an item moved
    uint64_t remaining;   // items still to be accepted or expected
    uint64_t drain;       // cycles still to run after the last item
    uint64_t cycles;      // cycles run so far in this run
};

enum Status : int32_t { BUDGET = 0, COMPLETE = 1, FINISH = 2, IDLE = 3, FULL = 4, FATAL = 5, MISUSE = 6 };

VM_INLINE bool draw(uint64_t& state, uint32_t per_1024) {
    uint64_t x = state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    state = x;
    return static_cast<uint32_t>((x * 0x2545F4914F6CDD1DULL) >> 54) >= per_1024;
}

// ---- messages ----

struct Host {
    std::string log;
    std::string error;
    // A wave file is being closed: a failure is noted in `error`, since a destructor must not throw.
    bool closing = false;
    bool close_failed = false;
    void print(const char* text, std::size_t length) {
        constexpr std::size_t limit = 1 << 20;
        if (log.size() + length > limit) log.erase(0, log.size() - std::min(log.size(), limit / 2));
        log.append(text, std::min(length, limit / 2));
    }
};

// Thrown to leave the evaluation: a model must not go on after $stop, and a loop that does not settle never ends by itself.
struct Stop {};

static thread_local Host* t_host = nullptr;

// Verilator keeps the last context in a plain static variable, which models on several threads would write at once.
static std::mutex s_contexts;

// While a model is called, messages go to its log, and the run time's current context is the model's.
struct Enter {
    Host* const before;
    Enter(Host& host, VerilatedContext* context) : before{t_host} {
        t_host = &host;
        if (context) {
            const std::lock_guard<std::mutex> lock{s_contexts};
            Verilated::threadContextp(context);
        }
    }
    ~Enter() { t_host = before; }
};

static void stop(const char* file, int line, const char* message) {
    if (t_host) {
        std::string text;
        if (file && file[0]) text = std::string{file} + ":" + std::to_string(line) + ": ";
        text += message;
        t_host->error = text;
        if (t_host->closing) {
            t_host->close_failed = true;
            return;
        }
    }
    throw Stop{};
}

// ---- the model ----

struct Model {
    Host host;
    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<D::Top> top;
    uint64_t cycle = 0;
    bool dead = false;
#ifdef VM_TRACER
    std::unique_ptr<VM_TRACER> tracer;
    std::string trace_path;
    uint64_t trace_from = 0;
    uint64_t trace_to = 0;
    bool trace_armed = false;

    // Closes the file, and returns whether all of it was written.
    bool close_trace() {
        host.closing = true;
        tracer.reset();
        host.closing = false;
        trace_armed = false;
        return !host.close_failed;
    }

    // Called before a cycle: opens or closes the file at the borders of the window.
    void trace_window() {
        if (tracer && cycle >= trace_to && !close_trace()) throw Stop{};
        if (trace_armed && cycle >= trace_from) {
            trace_armed = false;
            if (cycle >= trace_to) return;
            tracer.reset(new VM_TRACER);
            top->trace(tracer.get(), 99);
            tracer->open(trace_path.c_str());
            if (!tracer->isOpen()) {
                tracer.reset();
                stop(nullptr, 0, "cannot be opened for writing");
            }
        }
    }
    VM_INLINE void eval(bool clock) {
        D::clock(*top, clock);
        top->eval();
        if (tracer) tracer->dump(2 * cycle + clock);
    }
#else
    void trace_window() {}
    VM_INLINE void eval(bool clock) {
        D::clock(*top, clock);
        top->eval();
    }
#endif
    VM_INLINE void low() {
        context->time(2 * cycle);
        eval(false);
    }
    VM_INLINE void high() {
        context->time(2 * cycle + 1);
        eval(true);
        ++cycle;
    }
};

static void idle_ports(D::Top& t) {
    D::inputs([&](auto s) { s.valid(t, false); });
    D::outputs([&](auto s) { s.ready(t, false); });
}

template <bool STALL>
static Status loop(Model& m, Run& r) {
    D::Top& t = *m.top;
    while (r.budget != 0) {
        if (r.remaining == 0 && r.drain == 0) return COMPLETE;
        m.trace_window();
        D::inputs([&](auto s) VM_LAMBDA {
            In& i = r.in[s.INDEX];
            const bool may = !STALL || i.per_1024 == 0 || draw(i.rng, i.per_1024);
            if (!i.offering && may && i.done != i.items) {
                s.load(t, i.words + i.done * s.WORDS);
                i.offering = 1;
            }
            s.valid(t, i.offering);
        });
        D::outputs([&](auto s) VM_LAMBDA {
            Out& o = r.out[s.INDEX];
            o.ready = !STALL || o.per_1024 == 0 || draw(o.rng, o.per_1024);
            s.ready(t, o.ready);
        });
        m.low();
        const uint64_t now = m.cycle;
        const uint64_t before = r.remaining;
        bool moved = false;
        bool full = false;
        D::inputs([&](auto s) VM_LAMBDA {
            In& i = r.in[s.INDEX];
            i.valid = i.offering;
            i.ready = s.ready(t);
            if (i.valid & i.ready) {
                if (i.stamps) i.stamps[i.done] = now;
                i.offering = 0;
                i.last = now;
                ++i.done;
                --r.remaining;
                moved = true;
            }
        });
        D::outputs([&](auto s) VM_LAMBDA {
            Out& o = r.out[s.INDEX];
            o.valid = s.valid(t);
            if (o.valid & o.ready) {
                s.store(t, o.words + o.done * s.WORDS);
                o.stamps[o.done] = now;
                o.last = now;
                r.remaining -= o.done < o.expect;
                ++o.done;
                full |= o.done == o.capacity;
                moved = true;
            }
        });
        m.high();
        --r.budget;
        ++r.cycles;
        r.drain -= before == 0;
        r.idle = moved ? 0 : r.idle + 1;
        if (m.context->gotFinish()) return FINISH;
        if (full) return FULL;
        if (r.idle_limit != 0 && r.idle >= r.idle_limit && before != 0) return IDLE;
    }
    return r.remaining == 0 && r.drain == 0 ? COMPLETE : BUDGET;
}

static Status run(Model& m, Run& r) {
    if (r.n_in != D::INPUTS || r.n_out != D::OUTPUTS) return MISUSE;
    bool stall = false;
    for (uint64_t i = 0; i < r.n_in; ++i) stall |= r.in[i].per_1024 != 0;
    for (uint64_t o = 0; o < r.n_out; ++o) {
        stall |= r.out[o].per_1024 != 0;
        if (r.out[o].done >= r.out[o].capacity) return MISUSE;
    }
    return stall ? loop<true>(m, r) : loop<false>(m, r);
}

// Runs f with the model's log as the current one, and turns a stop into a status.
template <class F>
static int32_t guarded(Model& m, F&& f) noexcept {
    Enter enter{m.host, m.context.get()};
    if (m.dead) return FATAL;
    try {
        return f();
    } catch (const Stop&) {
    } catch (const std::exception& e) {
        m.host.error = e.what();
    } catch (...) {
        m.host.error = "an unknown C++ exception";
    }
    m.dead = true;
    return FATAL;
}

}  // namespace vm

// No exception may leave these functions: the host is not C++.
#define VM_API extern "C" __attribute__((visibility("default")))

extern "C" int vm_log_printf(const char* format, ...) {
    va_list list;
    va_start(list, format);
    va_list again;
    va_copy(again, list);
    const int length = std::vsnprintf(nullptr, 0, format, list);
    va_end(list);
    if (length > 0 && vm::t_host) {
        std::vector<char> text(static_cast<std::size_t>(length) + 1);
        std::vsnprintf(text.data(), text.size(), format, again);
        vm::t_host->print(text.data(), static_cast<std::size_t>(length));
    }
    va_end(again);
    return length;
}

void vl_finish(const char*, int, const char*) { Verilated::threadContextp()->gotFinish(true); }
void vl_stop(const char* file, int line, const char*) { vm::stop(file, line, "Verilog $stop"); }
void vl_fatal(const char* file, int line, const char*, const char* message) { vm::stop(file, line, message); }

VM_API uint32_t vm_abi() noexcept { return vm::ABI; }

// Writes the sizes that the host relies on, at most n of them, and returns how many there are: the sizes in bytes of In, Out and Run,
// the wave format, the numbers of inputs, outputs and probes, then the words of each input's item, each output's item and each probe.
VM_API uint64_t vm_shape(uint64_t* numbers, uint64_t n) noexcept {
    uint64_t count = 0;
    const auto add = [&](uint64_t number) {
        if (count < n) numbers[count] = number;
        ++count;
    };
    add(sizeof(vm::In));
    add(sizeof(vm::Out));
    add(sizeof(vm::Run));
    add(D::TRACE);
    add(D::INPUTS);
    add(D::OUTPUTS);
    add(D::PROBES);
    D::inputs([&](auto s) { add(s.WORDS); });
    D::outputs([&](auto s) { add(s.WORDS); });
    for (std::size_t i = 0; i < D::PROBES; ++i) add(D::PROBE_WORDS[i]);
    return count;
}

VM_API void* vm_create(int32_t argc, const char* const* argv) noexcept {
    std::unique_ptr<vm::Model> m{new vm::Model};
    const int32_t status = vm::guarded(*m, [&] {
        {
            const std::lock_guard<std::mutex> lock{vm::s_contexts};
            m->context.reset(new VerilatedContext);
        }
        m->context->commandArgs(argc, const_cast<const char**>(argv));
#ifdef VM_TRACER
        m->context->traceEverOn(true);
#endif
        m->top.reset(new D::Top{m->context.get(), "TOP"});
        vm::idle_ports(*m->top);
        D::reset(*m->top, false);
        return 0;
    });
    if (status != 0 && !m->top) return nullptr;
    return m.release();
}

// Closes the wave file, if one is open; returns 0, or MISUSE where not all of it could be written, with the reason as the last error.
VM_API int32_t vm_trace_close(void* model) noexcept {
#ifdef VM_TRACER
    vm::Model& m = *static_cast<vm::Model*>(model);
    vm::Enter enter{m.host, m.context.get()};
    return m.close_trace() ? 0 : vm::MISUSE;
#else
    (void)model;
    return 0;
#endif
}

VM_API void vm_destroy(void* model) noexcept {
    vm::Model* const m = static_cast<vm::Model*>(model);
    vm_trace_close(model);
    vm::guarded(*m, [&] {
        m->top->final();
        return 0;
    });
    delete m;
}

VM_API int32_t vm_reset(void* model, uint64_t cycles) noexcept {
    vm::Model& m = *static_cast<vm::Model*>(model);
    return vm::guarded(m, [&]() -> int32_t {
        vm::idle_ports(*m.top);
        // An asynchronous reset acts on its edge, so the model must see the reset released first.
        D::clock(*m.top, false);
        m.top->eval();
        D::reset(*m.top, true);
        for (uint64_t i = 0; i < cycles && !m.context->gotFinish(); ++i) {
            m.trace_window();
            m.low();
            m.high();
        }
        D::reset(*m.top, false);
        return m.context->gotFinish() ? vm::FINISH : vm::COMPLETE;
    });
}

VM_API int32_t vm_run(void* model, vm::Run* run) noexcept {
    vm::Model& m = *static_cast<vm::Model*>(model);
    return vm::guarded(m, [&]() -> int32_t { return vm::run(m, *run); });
}

VM_API uint64_t vm_cycle(const void* model) noexcept { return static_cast<const vm::Model*>(model)->cycle; }

VM_API int32_t vm_probe(void* model, uint64_t index, uint32_t* words, uint64_t n) noexcept {
    return D::probe(*static_cast<vm::Model*>(model)->top, index, words, n) ? 0 : vm::MISUSE;
}

// Copies at most n bytes of the log (what = 0) or of the last error (what = 1), and returns their full length.
VM_API uint64_t vm_text(const void* model, int32_t what, char* text, uint64_t n) noexcept {
    const vm::Host& host = static_cast<const vm::Model*>(model)->host;
    const std::string& from = what == 0 ? host.log : host.error;
    if (text) std::memcpy(text, from.data(), std::min<uint64_t>(n, from.size()));
    return from.size();
}

VM_API void vm_clear_log(void* model) noexcept { static_cast<vm::Model*>(model)->host.log.clear(); }

// Traces the cycles from `from` up to, not including, `to`.
VM_API int32_t vm_trace(void* model, const char* path, uint64_t from, uint64_t to) noexcept {
#ifdef VM_TRACER
    vm::Model& m = *static_cast<vm::Model*>(model);
    return vm::guarded(m, [&]() -> int32_t {
        m.trace_path = path;
        m.trace_from = from;
        m.trace_to = to;
        m.trace_armed = true;
        m.host.close_failed = false;
        return 0;
    });
#else
    (void)model, (void)path, (void)from, (void)to;
    return vm::MISUSE;
#endif
}

// Whether the window is over, and its file complete.
VM_API int32_t vm_trace_done(const void* model) noexcept {
#ifdef VM_TRACER
    const vm::Model& m = *static_cast<const vm::Model*>(model);
    return !m.tracer && !m.trace_armed;
#else
    (void)model;
    return 1;
#endif
}
