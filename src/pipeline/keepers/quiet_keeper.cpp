#include "winnow/pipeline/quiet_keeper.hpp"

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

class QuietKeeper::Impl {
public:
    Impl(ports::QuietStore& store, ConfigCache& policies, std::function<void()> outbox_changed,
         std::chrono::milliseconds interval, observe::Metrics& metrics)
        : store_(store),
          policies_(policies),
          outbox_changed_(std::move(outbox_changed)),
          interval_(interval),
          released_(metrics.counter("winnow_released_tickets_total",
                                    "Quiet tickets that were told of when their silence or inhibition had ended.")),
          ended_(metrics.counter("winnow_silences_ended_when_quiet_total", "Silences that ended by themselves."))
    {
    }

    void start()
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

private:
    void run(const std::stop_token& stop)
    {
        observe::name_thread("quiet");
        while (!stop.stop_requested()) {
            round("silences", [&] { end_silences(); });
            round("quiet tickets", [&] { release(stop); });
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, interval_, [] { return false; });
        }
    }

    void end_silences()
    {
        const auto ended = store_.end_quiet_silences();
        if (!ended) return warn("cannot end silences that cover nothing", ended.error());
        if (*ended > 0) ended_.add(static_cast<double>(*ended));
    }

    void release(const std::stop_token& stop)
    {
        const auto tenants = store_.tenants_due();
        if (!tenants) return warn("cannot look for quiet tickets", tenants.error());
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
        const auto version = (*policy)->config.tenant.config_version;
        bool owes = false;
        std::size_t told = 0;
        const auto decide = [&](const ports::DueTickets& due) {
            auto writes = decide_release(**policy, due);
            owes = !writes.deliveries.empty();
            told = writes.outcome.notices.size();
            return writes;
        };
        const auto keys = [&](const std::vector<ports::QuietTicket>& due) {
            return release_keys(**policy, due,
                                std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
        };
        if (const auto done = store_.release(tenant, version, {kAtOnce, patience}, keys, decide); !done) {
            const auto end = end_of(done.error());
            if (end != Turns::End::busy) warn("cannot release quiet tickets", done.error());
            return end;
        }
        released_.add(static_cast<double>(told));
        if (owes && outbox_changed_) outbox_changed_();
        return Turns::End::done;
    }

    ports::QuietStore& store_;
    ConfigCache& policies_;
    const std::function<void()> outbox_changed_;
    const std::chrono::milliseconds interval_;
    const observe::Counter released_;
    const observe::Counter ended_;

    Turns turns_;       // the thread's own
    std::mutex mutex_;  // for wake_ alone
    std::condition_variable_any wake_;
    std::jthread thread_;  // last
};

QuietKeeper::QuietKeeper(ports::QuietStore& store, ConfigCache& policies, std::function<void()> outbox_changed,
                         std::chrono::milliseconds interval, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(store, policies, std::move(outbox_changed), interval, metrics))
{
}

QuietKeeper::~QuietKeeper() = default;

void QuietKeeper::start()
{
    impl_->start();
}

}  // namespace winnow::pipeline
