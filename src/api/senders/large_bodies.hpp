#pragma once

/// @file
/// Threads for reading large bodies of alerts, so that one tenant's do not hold the I/O loops that all share.

#include "winnow/base/error.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/fair/company.hpp"
#include "winnow/fair/tenant_queues.hpp"
#include "winnow/http/message.hpp"
#include "winnow/observe/queue_metrics.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace winnow::api {

/// Thread-safe. Tenants take turns by processor time; one has half of the threads at most, and of several threads one
/// passes over tenants whose bodies take long. Bodies that wait or are being read are bounded in bytes, of which each
/// tenant has its share.
///
/// A tenant that is alone on the node would only pay for the way from thread to thread and back, so its bodies are read
/// where they arrive: as long as no other has sent anything for `company`, and except what is longer than 256 KiB or
/// packed, beside which that way is nothing.
class LargeBodies {
public:
    struct Options {
        std::size_t threads = 4;  ///< Two at least.
        std::size_t max_bytes = std::size_t{128} << 20U;
        std::chrono::milliseconds company{60'000};
        observe::QueueMetrics metrics;
    };

    using Work = std::move_only_function<void()>;  ///< Must not throw. What it holds goes when it was done.
    /// Instead of the work: nobody will do it. Must not throw.
    using Failed = std::move_only_function<void(const Error&)>;
    using GivenUp = std::function<bool()>;

    explicit LargeBodies(const Options& options);
    /// Lets the work that was begun end; what waits has failed.
    ~LargeBodies();
    LargeBodies(const LargeBodies&) = delete;
    LargeBodies& operator=(const LargeBodies&) = delete;

    /// To be told of each request that a tenant sends, whatever it is.
    void came(TenantId tenant);

    /// Whether this one is for submit(), because it takes long and others wait for the loop meanwhile.
    [[nodiscard]] bool takes(const http::Request& request) const;

    /// `bytes`: what the work holds. `failed` is called at once where the tenant's share is full (`rate_limited`) or
    /// the node's bound (`unavailable`), and later where nobody waits for the answer when its turn comes, or at the
    /// end.
    void submit(TenantId tenant, std::size_t bytes, Work work, Failed failed, GivenUp given_up);

private:
    struct Waiting {
        TenantId tenant;
        std::size_t bytes = 0;
        Work work;
        Failed failed;
        GivenUp given_up;
    };

    void run(fair::Lane lane);
    void serve(fair::Lane lane);
    void tell(std::vector<Waiting>& dead) const;
    void wake();
    // With mutex_ held:
    [[nodiscard]] std::optional<fair::Refused> refusal(TenantId tenant, std::size_t bytes) const;
    void hold(TenantId tenant, std::size_t bytes);
    void release(TenantId tenant, std::size_t bytes);
    void release(const std::vector<Waiting>& dropped);

    const Options options_;

    std::atomic<std::size_t> last_ = 0;  ///< The hash of whoever came last: who is alone takes no lock.
    mutable std::mutex company_mutex_;
    fair::Company company_;  // guarded by company_mutex_

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::condition_variable quick_changed_;
    fair::TenantQueues<Waiting> queues_;
    std::unordered_map<TenantId, std::size_t> held_;  ///< Bytes that wait or are being read.
    std::size_t all_held_ = 0;
    bool stopping_ = false;

    std::vector<std::jthread> threads_;
};

}  // namespace winnow::api
