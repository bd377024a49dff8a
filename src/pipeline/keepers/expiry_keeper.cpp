#include "winnow/pipeline/expiry_keeper.hpp"

#include "pipeline/fold/fold_batch.hpp"
#include "pipeline/keepers/round.hpp"
#include "pipeline/keepers/turns.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

constexpr std::size_t kAtOnce = 1'000;

void warn(std::string_view doing, const Error& error)
{
    observe::warn(doing, {{"error", error.message()}, {"code", to_string(error.code())}});
}

}  // namespace

class ExpiryKeeper::Impl {
public:
    Impl(ports::TriageStore& store, ConfigCache& policies, std::function<void()> outbox_changed,
         std::chrono::milliseconds interval, observe::Metrics& metrics)
        : store_(store),
          policies_(policies),
          outbox_changed_(std::move(outbox_changed)),
          interval_(interval),
          expired_(metrics.counter("winnow_expired_instances_total", "Instances that ended without being resolved."))
    {
    }

    void start()
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

private:
    void run(const std::stop_token& stop)
    {
        observe::name_thread("expiry");
        while (!stop.stop_requested()) {
            bool more = false;
            round("expiry", [&] { more = expire(stop); });
            if (more) continue;
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, interval_, [] { return false; });
        }
    }

    /// True where a tenant has more than one stretch of them.
    bool expire(const std::stop_token& stop)
    {
        const auto tenants = store_.tenants_with_expired_instances();
        if (!tenants) {
            warn("cannot look for expired instances", tenants.error());
            return false;
        }
        bool more = false;
        turns_.take(*tenants, stop, [&](TenantId tenant, std::chrono::milliseconds patience) {
            const auto count = expire(tenant, patience);
            more = more || count.value_or(0) >= kAtOnce;
            return count ? Turns::End::done : end_of(count.error());
        });
        return more;
    }

    /// `conflict` where somebody else is at the tenant.
    Result<std::size_t> expire(TenantId tenant, std::chrono::milliseconds patience)
    {
        const auto policy = policies_.get(tenant);
        if (!policy) {
            warn("cannot read a tenant's configuration", policy.error());
            return policy.error();
        }
        bool owes = false;
        const auto decide = [&](std::vector<triage::InstanceState> expired, triage::States states, Timestamp now) {
            ports::TriageWrites writes;
            writes.outcome = triage::expire(expired, std::move(states), now);
            writes.deliveries = owed(writes.outcome, (*policy)->config);
            owes = !writes.deliveries.empty();
            return writes;
        };
        const auto done = store_.expire(tenant, {kAtOnce, patience}, decide);
        if (!done) {
            if (end_of(done.error()) != Turns::End::busy) warn("cannot end expired instances", done.error());
            return done.error();
        }
        expired_.add(static_cast<double>(*done));
        if (owes && outbox_changed_) outbox_changed_();
        return *done;
    }

    ports::TriageStore& store_;
    ConfigCache& policies_;
    const std::function<void()> outbox_changed_;
    const std::chrono::milliseconds interval_;
    const observe::Counter expired_;

    Turns turns_;       // the thread's own
    std::mutex mutex_;  // for wake_ alone
    std::condition_variable_any wake_;
    std::jthread thread_;  // last
};

ExpiryKeeper::ExpiryKeeper(ports::TriageStore& store, ConfigCache& policies, std::function<void()> outbox_changed,
                           std::chrono::milliseconds interval, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(store, policies, std::move(outbox_changed), interval, metrics))
{
}

ExpiryKeeper::~ExpiryKeeper() = default;

void ExpiryKeeper::start()
{
    impl_->start();
}

}  // namespace winnow::pipeline
