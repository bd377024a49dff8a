#include "winnow/dispatch/server_mails.hpp"

#include "dispatch/mail_result.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::dispatch {

namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What wakes the loop. Reports arrive here, on the channel's thread, also after the loop is gone.
struct MailInbox {
    struct Report {
        std::uint64_t attempt = 0;
        ports::SendReport report;
    };

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Report> reports;  // guarded by mutex, as what follows
    bool reminded = false;
    bool stopping = false;
    SteadyClock::time_point stop_by;

    void remind()
    {
        {
            const std::lock_guard lock(mutex);
            reminded = true;
        }
        changed.notify_one();
    }

    void report(std::uint64_t attempt, ports::SendReport report)
    {
        {
            const std::lock_guard lock(mutex);
            reports.push_back({.attempt = attempt, .report = std::move(report)});
        }
        changed.notify_one();
    }

    void stop(milliseconds grace)
    {
        {
            const std::lock_guard lock(mutex);
            if (!stopping) stop_by = SteadyClock::now() + grace;
            stopping = true;
        }
        changed.notify_one();
    }

    /// Until something comes, or for `length`.
    void wait(milliseconds length)
    {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, length, [this] { return stopping || reminded || !reports.empty(); });
        reminded = false;
    }

    /// At the end: until a report comes; false where that took too long.
    bool wait_for_report()
    {
        std::unique_lock lock(mutex);
        return changed.wait_until(lock, stop_by, [this] { return !reports.empty(); });
    }

    [[nodiscard]] bool is_stopping()
    {
        const std::lock_guard lock(mutex);
        return stopping;
    }

    [[nodiscard]] std::vector<Report> take()
    {
        const std::lock_guard lock(mutex);
        return std::exchange(reports, {});
    }
};

struct MailMeasures {
    explicit MailMeasures(observe::Metrics& metrics)
        : sent(count(metrics, "sent")),
          retried(count(metrics, "retry")),
          dead(count(metrics, "dead")),
          expired(count(metrics, "expired")),
          seconds(metrics.histogram("winnow_server_mail_seconds", "From owed to the attempt that sent it", {},
                                    {0.1, 0.25, 0.5, 1, 2, 5, 30, 300}))
    {
    }
    static observe::Counter count(observe::Metrics& metrics, const char* outcome)
    {
        return metrics.counter("winnow_server_mails_total", "The service's own mails, attempts by outcome",
                               {{"outcome", outcome}});
    }
    observe::Counter sent, retried, dead, expired;
    observe::Histogram seconds;
};

}  // namespace

class ServerMails::Impl {
public:
    Impl(ports::ServerMailQueue& queue, ports::ServerMailChannel& channel, ServerMailOptions options,
         observe::Metrics& metrics)
        : queue_(queue), channel_(channel), options_(std::move(options)), measures_(metrics)
    {
    }

    void start()
    {
        thread_ = std::jthread([this] { run(); });
    }

    void remind() { inbox_->remind(); }

    void stop(milliseconds grace)
    {
        inbox_->stop(grace);
        if (thread_.joinable()) thread_.join();
    }

private:
    void run()
    {
        observe::name_thread("server-mails");
        auto pause = options_.again;
        while (!inbox_->is_stopping()) {
            collect();
            const bool answered = record() && claim();
            pause = answered ? options_.again : std::min(pause * 2, options_.poll);
            inbox_->wait(answered ? options_.poll : pause);
        }
        finish();
    }

    /// False where the database did not answer.
    bool claim()
    {
        // What was not recorded yet keeps its place, so that a database that is away is not asked for more and more.
        const auto taken = under_way_.size() + unrecorded_.size();
        if (taken >= options_.at_once) return true;
        auto claim = queue_.claim(options_.at_once - taken, options_.lease);
        if (!claim) {
            observe::warn("the service's own mails cannot be claimed", {{"reason", claim.error().message()}});
            return false;
        }
        measures_.expired.add(static_cast<double>(claim->expired));
        for (auto& mail : claim->mails) begin(std::move(mail));
        return true;
    }

    void begin(ports::OwedMail mail)
    {
        const auto number = ++attempts_;
        const auto& owed = under_way_.emplace(number, std::move(mail)).first->second;
        channel_.send(owed,
                      [inbox = inbox_, number](ports::SendReport report) { inbox->report(number, std::move(report)); });
    }

    void collect()
    {
        for (const auto& [number, report] : inbox_->take()) {
            const auto at = under_way_.find(number);
            if (at == under_way_.end()) continue;
            conclude(at->second, report);
            under_way_.erase(at);
        }
    }

    void conclude(const ports::OwedMail& owed, const ports::SendReport& report)
    {
        using State = ports::MailResult::State;
        auto result = result_of(owed, report, options_.backoff, options_.jitter ? options_.jitter() : 0.5);
        switch (result.state) {
            case State::sent:
                measures_.sent.add();
                measures_.seconds.observe(std::chrono::duration<double>(owed.claimed_at - owed.owed_at).count());
                break;
            case State::pending: measures_.retried.add(); break;
            case State::dead:
                measures_.dead.add();
                observe::error("a mail of the service's own was given up", {{"mail", owed.mail.id.str()},
                                                                            {"tenant", owed.service_code},
                                                                            {"kind", to_string(owed.mail.kind)},
                                                                            {"reason", result.error}});
                break;
        }
        unrecorded_.push_back(std::move(result));
    }

    /// False where the database did not answer: what could not be stored is kept for the next try.
    bool record()
    {
        if (unrecorded_.empty()) return true;
        const auto stored = queue_.record(unrecorded_);
        if (!stored) {
            observe::warn("what became of mails cannot be stored yet", {{"reason", stored.error().message()}});
            return false;
        }
        unrecorded_.clear();
        return true;
    }

    void finish()
    {
        collect();
        while (!under_way_.empty() && inbox_->wait_for_report()) collect();
        record();
    }

    ports::ServerMailQueue& queue_;
    ports::ServerMailChannel& channel_;
    const ServerMailOptions options_;
    const MailMeasures measures_;
    const std::shared_ptr<MailInbox> inbox_ = std::make_shared<MailInbox>();
    std::uint64_t attempts_ = 0;  // the thread's own, as what follows
    std::unordered_map<std::uint64_t, ports::OwedMail> under_way_;
    std::vector<ports::MailResult> unrecorded_;
    std::jthread thread_;
};

ServerMails::ServerMails(ports::ServerMailQueue& queue, ports::ServerMailChannel& channel, ServerMailOptions options,
                         observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(queue, channel, std::move(options), metrics))
{
}

ServerMails::~ServerMails()
{
    impl_->stop(milliseconds{0});
}

void ServerMails::start()
{
    impl_->start();
}

void ServerMails::remind()
{
    impl_->remind();
}

void ServerMails::stop(std::chrono::milliseconds grace)
{
    impl_->stop(grace);
}

}  // namespace winnow::dispatch
