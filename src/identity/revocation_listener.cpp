#include "winnow/identity/revocation_listener.hpp"

#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"
#include "winnow/ports/revocation_feed.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::identity {

namespace {

using std::chrono::milliseconds;

}  // namespace

class RevocationListener::Impl {
public:
    Impl(std::unique_ptr<ports::RevocationFeed> feed, Authenticator& authenticator, const Options& options,
         observe::Metrics& metrics)
        : feed_(std::move(feed)),
          authenticator_(authenticator),
          options_(options),
          hears_(metrics.gauge("winnow_revocations_heard",
                               "1 while this node hears of revocations, 0 while it asks for each key again")),
          revoked_(metrics.counter("winnow_revocations_total", "Revocations that this node has heard of")),
          lost_(metrics.counter("winnow_revocation_sessions_lost_total",
                                "Times that the session which hears of revocations was lost")),
          thread_([this](const std::stop_token& stop) { run(stop); })
    {
    }

private:
    void run(const std::stop_token& stop)
    {
        observe::name_thread("revocations");
        while (!stop.stop_requested()) {
            bool heard = false;
            try {
                heard = turn();
            } catch (const std::exception& thrown) {  // for want of memory, most likely; what came may be lost with it
                lose(thrown.what());
            }
            if (!heard) pause(stop);
        }
    }

    /// False where nobody listens any more.
    bool turn()
    {
        if (!listens_ && !listen()) return false;
        const auto begun = std::chrono::steady_clock::now();
        auto next = begun + options_.prove_every;
        if (authenticator_.wants_proof()) {
            if (begun - proved_ >= options_.prove_every) {
                proved_ = begun;
                if (!pass_on(feed_->prove())) return false;
                authenticator_.heard(begun);
            }
            next = proved_ + options_.prove_every;
        }
        const auto left = std::chrono::ceil<milliseconds>(next - std::chrono::steady_clock::now());
        return pass_on(feed_->wait(std::max(left, milliseconds{0})));
    }

    bool listen()
    {
        if (const auto listening = feed_->listen(); !listening) {
            lose(listening.error().message());
            return false;
        }
        authenticator_.forget_all();
        listens_ = true;
        proved_ = {};
        hears_.set(1);
        if (std::exchange(was_lost_, false)) observe::info("hearing of revocations again");
        return true;
    }

    bool pass_on(const Result<std::vector<access::Revoked>>& heard)
    {
        if (!heard) {
            lose(heard.error().message());
            return false;
        }
        for (const auto& each : *heard) authenticator_.revoked(each);
        if (!heard->empty()) revoked_.add(static_cast<double>(heard->size()));
        return true;
    }

    void lose(std::string_view why)
    {
        authenticator_.deaf();
        hears_.set(0);
        if (std::exchange(listens_, false)) lost_.add();
        if (!std::exchange(was_lost_, true)) {
            observe::warn("not hearing of revocations: keys are asked for again and again", {{"error", why}});
        }
    }

    void pause(const std::stop_token& stop)
    {
        std::unique_lock lock(mutex_);
        stopping_.wait_for(lock, stop, options_.after_error, [] { return false; });
    }

    const std::unique_ptr<ports::RevocationFeed> feed_;
    Authenticator& authenticator_;
    const Options options_;
    const observe::Gauge hears_;
    const observe::Counter revoked_;
    const observe::Counter lost_;

    // The thread's own.
    bool listens_ = false;
    bool was_lost_ = false;                         // and said so
    std::chrono::steady_clock::time_point proved_;  // when a proof was begun last

    std::mutex mutex_;
    std::condition_variable_any stopping_;
    std::jthread thread_;  // last: it ends before what it uses
};

RevocationListener::RevocationListener(std::unique_ptr<ports::RevocationFeed> feed, Authenticator& authenticator,
                                       Options options, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(feed), authenticator, options, metrics))
{
}

RevocationListener::~RevocationListener() = default;

}  // namespace winnow::identity
