#include "app/node_settings.hpp"

#include "app/documents.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/expr/pattern.hpp"
#include "winnow/observe/processor_time.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace winnow::app {

namespace {

double uniform()
{
    constexpr int kMantissaBits = 53;
    constexpr int kWordBits = 64;
    return static_cast<double>(crypto::random_u64() >> (kWordBits - kMantissaBits)) /
           static_cast<double>(1ULL << kMantissaBits);
}

}  // namespace

std::string node_name(const Config& config)
{
    auto name = config.node.name;
    if (name.empty()) {
        std::array<char, 256> host{};
        // The system takes any bytes as its name.
        const bool named = gethostname(host.data(), host.size() - 1) == 0 && problem_of_text(host.data()).empty();
        name = named ? host.data() : "winnow";
    }
    constexpr std::size_t kDice = 4;
    return name + "-" + std::to_string(getpid()) + "-" + crypto::to_hex(crypto::random_bytes(kDice));
}

std::size_t io_threads(const Config& config)
{
    if (config.node.io_threads != 0) return config.node.io_threads;
    return std::max(1U, std::thread::hardware_concurrency());
}

std::size_t body_threads(const Config& config)
{
    return config.bodies.threads != 0 ? config.bodies.threads : 2 * io_threads(config);
}

dispatch::DispatcherOptions dispatch_options(const Config& config, const std::string& node)
{
    // The clock reminds it of what is due; it looks by itself in case that cannot, and so often that readiness knows.
    return {.node = node,
            .shares = config.dispatch.shares,
            .poll = std::chrono::milliseconds{15'000},
            .is_reminded = true,
            .settle_anyway = std::chrono::milliseconds{60'000},
            .backoff = config.dispatch.backoff,
            .jitter = uniform};
}

std::size_t triage_workers(const Config& config)
{
    return std::max<std::size_t>(2, config.triage.workers);
}

pipeline::TriageOptions triage_options(const Config& config)
{
    auto options = config.triage;
    options.workers = triage_workers(config);
    return options;
}

void time_matches()
{
    expr::time_matches_with(
        []() noexcept -> std::uint64_t { return static_cast<std::uint64_t>(observe::processor_time().count()); });
}

}  // namespace winnow::app
