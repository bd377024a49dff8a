#include "winnow/identity/password_hasher.hpp"

#include "winnow/crypto/secret_bytes.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::identity {

namespace {

using Instant = std::chrono::steady_clock::time_point;

/// What waits for a turn.
struct Job {
    /// Called with an arena, or with nullptr where it is refused.
    std::move_only_function<void(crypto::Argon2Arena*)> run;
    Instant until;  ///< From then on nobody waits for it.
};

Error too_busy()
{
    return {ErrorCode::unavailable, "too many people are signing in at this moment; try again in a few seconds"};
}

}  // namespace

class PasswordHasher::Impl {
public:
    Impl(crypto::Peppers peppers, Options options, observe::Metrics& metrics)
        : peppers_(std::move(peppers)),
          options_(std::move(options)),
          hashed_(metrics.counter("winnow_password_hashes_total", kHashesHelp, {{"outcome", "hashed"}})),
          refused_(metrics.counter("winnow_password_hashes_total", kHashesHelp, {{"outcome", "refused"}})),
          waiting_(metrics.gauge("winnow_password_hashes_waiting", "Passwords that wait for their turn to be hashed"))
    {
        std::vector<crypto::Argon2Arena> arenas;
        for (std::size_t i = 0; i < options_.at_once; ++i) arenas.emplace_back(options_.cost);
        for (std::size_t i = 0; i < options_.at_once; ++i) {
            threads_.emplace_back([this, i, arena = std::move(arenas[i])](const std::stop_token& stop) mutable {
                observe::name_thread("argon", i);
                work(stop, arena);
            });
        }
    }

    ~Impl()
    {
        for (auto& thread : threads_) thread.request_stop();
        threads_.clear();  // joins
        for (auto& job : jobs_) refuse(job);
    }

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void add(std::move_only_function<void(crypto::Argon2Arena*)> run)
    {
        Job job{.run = std::move(run), .until = options_.clock() + options_.patience};
        {
            const std::lock_guard lock(mutex_);
            if (jobs_.size() < options_.most_waiting) {
                jobs_.push_back(std::move(job));
                waiting_.set(static_cast<double>(jobs_.size()));
                came_.notify_one();
                return;
            }
        }
        refuse(job);
    }

    [[nodiscard]] const crypto::Peppers& peppers() const noexcept { return peppers_; }
    [[nodiscard]] const crypto::Argon2Cost& cost() const noexcept { return options_.cost; }

private:
    static constexpr const char* kHashesHelp = "Passwords that were hashed, or refused because too many waited";

    void work(const std::stop_token& stop, crypto::Argon2Arena& arena)
    {
        for (;;) {
            auto job = next(stop);
            if (!job) return;
            if (options_.clock() >= job->until) {
                refuse(*job);
                continue;
            }
            job->run(&arena);
            hashed_.add();
        }
    }

    /// The oldest; nullopt: the hasher ends. Those whose time is up come first that way, and take no time.
    std::optional<Job> next(const std::stop_token& stop)
    {
        std::unique_lock lock(mutex_);
        if (!came_.wait(lock, stop, [this] { return !jobs_.empty(); }) || stop.stop_requested()) return std::nullopt;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        waiting_.set(static_cast<double>(jobs_.size()));
        return job;
    }

    void refuse(Job& job)
    {
        refused_.add();
        job.run(nullptr);
    }

    const crypto::Peppers peppers_;
    const Options options_;
    const observe::Counter hashed_;
    const observe::Counter refused_;
    const observe::Gauge waiting_;
    std::mutex mutex_;
    std::condition_variable_any came_;
    std::deque<Job> jobs_;  // guarded by mutex_; the oldest first
    std::vector<std::jthread> threads_;
};

PasswordHasher::PasswordHasher(crypto::Peppers peppers, Options options, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(peppers), std::move(options), metrics))
{
}

PasswordHasher::~PasswordHasher() = default;

void PasswordHasher::verify(std::string password, std::optional<crypto::PasswordHash> known,
                            std::move_only_function<void(Result<Verified>)> done)
{
    impl_->add([&impl = *impl_, password = std::move(password), known = std::move(known),
                done = std::move(done)](crypto::Argon2Arena* arena) mutable {
        if (arena == nullptr) {
            crypto::cleanse(password);
            return done(too_busy());
        }
        const auto right =
            crypto::verify_password(*arena, impl.peppers(), impl.cost(), password, known ? &*known : nullptr);
        crypto::cleanse(password);
        if (!right) return done(right.error());
        done(Verified{.right = *right, .outdated = *right && crypto::is_outdated(*known, impl.peppers(), impl.cost())});
    });
}

void PasswordHasher::hash(std::string password, std::move_only_function<void(Result<crypto::PasswordHash>)> done)
{
    impl_->add(
        [&impl = *impl_, password = std::move(password), done = std::move(done)](crypto::Argon2Arena* arena) mutable {
            if (arena == nullptr) {
                crypto::cleanse(password);
                return done(too_busy());
            }
            auto hashed = crypto::hash_password(*arena, impl.peppers(), impl.cost(), password);
            crypto::cleanse(password);
            done(std::move(hashed));
        });
}

}  // namespace winnow::identity
