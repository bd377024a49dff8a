#include "winnow/identity/authenticator.hpp"

#include "winnow/crypto/digest.hpp"
#include "winnow/ports/credential_store.hpp"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::identity {

namespace {

using SteadyClock = std::chrono::steady_clock;
using Sink = std::move_only_function<void(Result<access::Principal>)>;

constexpr std::size_t kLongestKey = 255;

Error unknown_key()
{
    return {ErrorCode::unauthenticated, "the credential is missing, unknown, expired or revoked"};
}

/// One key, by its SHA-256, so that the cache holds no secret; and whoever finds a hash equal has shown the key.
struct Entry {
    std::optional<access::Principal> principal;  ///< nullopt: known not to exist.
    SteadyClock::time_point until;
};

}  // namespace

// Shared with the look-ups in flight, which may come back after the Authenticator is gone.
class Authenticator::Impl : public std::enable_shared_from_this<Authenticator::Impl> {
public:
    Impl(ports::CredentialStore& store, Options options) : store_(store), options_(std::move(options)) {}

    void authenticate(std::string_view key, Sink done)
    {
        const bool plausible = key.size() <= kLongestKey && (key.starts_with("wnk_") || key.starts_with("wnu_"));
        if (!plausible) return done(unknown_key());
        auto hash = crypto::sha256(key);
        std::optional<Result<access::Principal>> cached;
        bool ask = false;
        {
            const std::lock_guard lock(mutex_);
            cached = find(hash);
            if (!cached) {
                auto& waiting = waiting_[hash];
                ask = waiting.empty();
                waiting.push_back(std::move(done));
            }
        }
        if (cached) return done(*std::move(cached));
        if (ask) look_up(std::move(hash));
    }

    void forget(TenantId tenant)
    {
        const std::lock_guard lock(mutex_);
        ++generation_;
        std::erase_if(known_, [&](const auto& item) { return item.second.principal->tenant == tenant; });
        unknown_.clear();  // a key of the tenant may have been made just now
    }

private:
    using Entries = std::unordered_map<std::string, Entry>;

    struct Asked {
        std::uint64_t generation;
        SteadyClock::time_point at;
    };

    std::optional<Result<access::Principal>> find(const std::string& hash)  // mutex_ held
    {
        const auto now = options_.clock();
        if (const auto at = known_.find(hash); at != known_.end() && at->second.until > now) {
            return Result<access::Principal>(*at->second.principal);
        }
        if (const auto at = unknown_.find(hash); at != unknown_.end() && at->second.until > now) {
            return Result<access::Principal>(unknown_key());
        }
        return std::nullopt;
    }

    void look_up(std::string hash)
    {
        std::uint64_t generation = 0;
        {
            const std::lock_guard lock(mutex_);
            generation = generation_;
        }
        // From before the question on: what is left of a key's life is counted from then, never from later.
        const Asked asked{.generation = generation, .at = options_.clock()};
        auto answer = [self = shared_from_this(), hash, asked](Result<std::optional<ports::Credential>> found) {
            self->conclude(hash, asked, std::move(found));
        };
        store_.find(std::move(hash), std::move(answer));
    }

    void conclude(const std::string& hash, const Asked& asked, Result<std::optional<ports::Credential>> found)
    {
        std::vector<Sink> sinks;
        {
            const std::lock_guard lock(mutex_);
            // What was looked up before a change must not outlive it in the cache.
            if (found && asked.generation == generation_) remember(hash, asked.at, *found);
            if (const auto at = waiting_.find(hash); at != waiting_.end()) {
                sinks = std::move(at->second);
                waiting_.erase(at);
            }
        }
        for (auto& sink : sinks) {
            if (!found) {
                sink(found.error());
            } else if (*found) {
                sink((*found)->principal);
            } else {
                sink(unknown_key());
            }
        }
    }

    // mutex_ held
    void remember(const std::string& hash, SteadyClock::time_point asked_at,
                  const std::optional<ports::Credential>& found)
    {
        // Two maps, so that a flood of made-up keys cannot push out the real ones.
        auto& entries = found ? known_ : unknown_;
        Entry entry{.principal = std::nullopt, .until = options_.clock() + options_.unknown_for};
        if (found) {
            entry = {.principal = found->principal, .until = options_.clock() + options_.found_for};
            if (found->lives_for) entry.until = std::min(entry.until, asked_at + *found->lives_for);
        }
        if (entries.size() >= options_.max_entries) make_room(entries);
        entries[hash] = std::move(entry);
    }

    void make_room(Entries& entries)
    {
        const auto now = options_.clock();
        std::erase_if(entries, [&](const auto& item) { return item.second.until <= now; });
        if (!entries.empty()) entries.erase(entries.begin());
    }

    ports::CredentialStore& store_;
    const Options options_;
    std::mutex mutex_;
    Entries known_;  // guarded by mutex_, as what follows
    Entries unknown_;
    std::unordered_map<std::string, std::vector<Sink>> waiting_;
    std::uint64_t generation_ = 0;
};

Authenticator::Authenticator(ports::CredentialStore& store, Options options)
    : impl_(std::make_shared<Impl>(store, std::move(options)))
{
}

Authenticator::~Authenticator() = default;

void Authenticator::authenticate(std::string_view key, Sink done)
{
    impl_->authenticate(key, std::move(done));
}

void Authenticator::forget(TenantId tenant)
{
    impl_->forget(tenant);
}

}  // namespace winnow::identity
