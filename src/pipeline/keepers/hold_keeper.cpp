#include "winnow/pipeline/hold_keeper.hpp"

#include "pipeline/keepers/release.hpp"
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

namespace winnow::pipeline {

namespace {

constexpr std::size_t kAtOnce = 1'000;

void warn(std::string_view doing, const Error& error)
{
    observe::warn(doing, {{"error", error.message()}, {"code", to_string(error.code())}});
}

}  // namespace

class HoldKeeper::Impl {
public:
    Impl(ports::HoldStore& store, ConfigCache& policies, std::function<void()> outbox_changed,
         std::chrono::milliseconds interval, observe::Metrics& metrics)
        : store_(store),
          policies_(policies),
          outbox_changed_(std::move(outbox_changed)),
          interval_(interval),
          due_(metrics.counter("winnow_holds_due_total",
                               "Pauses that were over, thresholds that were given up, flapping that settled."))
    {
    }

    void start()
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

private:
    void run(const std::stop_token& stop)
    {
        observe::name_thread("holds");
        while (!stop.stop_requested()) {
            round("holds", [&] { release(stop); });
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, interval_, [] { return false; });
        }
    }

    void release(const std::stop_token& stop)
    {
        const auto tenants = store_.tenants_due();
        if (!tenants) return warn("cannot look for what rules hold back", tenants.error());
        turns_.take(*tenants, stop,
                    [&](TenantId tenant, std::chrono::milliseconds patience) { return release(tenant, patience); });
    }

    /// One stretch a round: what is left is due again in the next one.
    Turns::End release(TenantId tenant, std::chrono::milliseconds patience)
    {
        const auto policy = policies_.get(tenant);
        if (!policy) {
            warn("cannot read a tenant's configuration", policy.error());
            return end_of(policy.error());
        }
        bool owes = false;
        const auto keys = [&](const ports::DueHolds& due) {
            return release_keys(**policy, due);
        };
        const auto decide = [&](const ports::DueHolds& due) {
            auto writes = decide_release(**policy, due);
            owes = !writes.deliveries.empty();
            return writes;
        };
        const auto done =
            store_.release(tenant, (*policy)->config.tenant.config_version, {kAtOnce, patience}, keys, decide);
        if (!done) {
            const auto end = end_of(done.error());
            if (end != Turns::End::busy) warn("cannot let go of what rules held back", done.error());
            return end;
        }
        due_.add(static_cast<double>(*done));
        if (owes && outbox_changed_) outbox_changed_();
        return Turns::End::done;
    }

    ports::HoldStore& store_;
    ConfigCache& policies_;
    const std::function<void()> outbox_changed_;
    const std::chrono::milliseconds interval_;
    const observe::Counter due_;

    Turns turns_;       // the thread's own
    std::mutex mutex_;  // for wake_ alone
    std::condition_variable_any wake_;
    std::jthread thread_;  // last
};

HoldKeeper::HoldKeeper(ports::HoldStore& store, ConfigCache& policies, std::function<void()> outbox_changed,
                       std::chrono::milliseconds interval, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(store, policies, std::move(outbox_changed), interval, metrics))
{
}

HoldKeeper::~HoldKeeper() = default;

void HoldKeeper::start()
{
    impl_->start();
}

}  // namespace winnow::pipeline
