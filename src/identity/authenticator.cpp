#include "winnow/identity/authenticator.hpp"

#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/token.hpp"
#include "winnow/ports/access/access_key_door.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/signin/sign_in_door.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
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

/// Only who has signed in fully is somebody.
Result<std::optional<ports::Credential>> credential_of(Result<std::optional<ports::FoundSession>> found)
{
    if (!found) return found.error();
    if (!*found || (*found)->state != signin::SignInState::active) return std::optional<ports::Credential>();
    return std::optional(
        ports::Credential{.principal = std::move((*found)->principal), .lives_for = (*found)->lives_for});
}

/// What is looked up, and by what: SHA-256 of what was shown, or the access key itself, which is no secret. The three
/// have no name in common: hashes are 32 bytes of which nobody chooses any, access keys 20 characters.
enum class Shown : std::uint8_t { key, session, access_key };

/// Whose signed request it is: the secret stays here.
Result<access::Principal> signer_of(const SignedRequest& request, Result<access::Principal> found)
{
    if (!found) return found;
    const auto secret = std::exchange(found->signing_secret, nullptr);
    if (!secret || !is_signed_with(request, *secret)) return unknown_key();
    return found;
}

/// One key, by its SHA-256, so that the cache holds no secret but those of access keys; and whoever finds a hash equal
/// has shown the key.
struct Entry {
    std::optional<access::Principal> principal;
    SteadyClock::time_point until;
};

}  // namespace

// Shared with the look-ups in flight, which may come back after the Authenticator is gone.
class Authenticator::Impl : public std::enable_shared_from_this<Authenticator::Impl> {
public:
    Impl(ports::CredentialStore& store, Options options) : store_(store), options_(std::move(options)) {}

    void authenticate(std::string_view key, Sink done, const std::function<bool()>& may_ask)
    {
        const bool plausible = key.size() <= kLongestKey &&
                               (key.starts_with("wnk_") || key.starts_with("wnu_") || key.starts_with("wns_"));
        if (!plausible) return done(unknown_key());
        answer(crypto::sha256(key), Shown::key, std::move(done), may_ask);
    }

    void authenticate_session(std::string_view token, Sink done, const std::function<bool()>& may_ask)
    {
        auto hash = options_.sessions == nullptr ? std::nullopt : crypto::token_hash(token);
        if (!hash) return done(unknown_key());
        answer(*std::move(hash), Shown::session, std::move(done), may_ask);
    }

    void authenticate_signed(SignedRequest request, Sink done, const std::function<bool()>& may_ask)
    {
        if (options_.access_keys == nullptr) return done(unknown_key());
        auto access_key = request.access_key;
        answer(
            std::move(access_key), Shown::access_key,
            [request = std::move(request), done = std::move(done)](Result<access::Principal> found) mutable {
                done(signer_of(request, std::move(found)));
            },
            may_ask);
    }

    void answer(std::string hash, Shown shown, Sink done, const std::function<bool()>& may_ask)
    {
        std::optional<Result<access::Principal>> cached;
        bool ask = false;
        {
            const std::lock_guard lock(mutex_);
            cached = find(hash);
            if (!cached && may_ask && !known_.contains(hash) && !waiting_.contains(hash) && !may_ask()) {
                cached = Result<access::Principal>(Error(ErrorCode::rate_limited, "too many unknown keys"));
            }
            if (!cached) {
                auto& waiting = waiting_[hash];
                ask = waiting.empty();
                waiting.push_back(std::move(done));
            }
        }
        if (cached) return done(*std::move(cached));
        if (ask) look_up(std::move(hash), shown);
    }

    void forget(TenantId tenant)
    {
        const std::lock_guard lock(mutex_);
        ++generation_;
        for (auto& [hash, entry] : known_) {
            if (entry.principal->tenant == tenant) entry.until = {};  // and it is known that it was good
        }
        unknown_.clear();  // a key of the tenant may have been made just now
        unknown_in_order_.clear();
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
        if (const auto at = unknown_.find(hash); at != unknown_.end() && at->second > now) {
            return Result<access::Principal>(unknown_key());
        }
        return std::nullopt;
    }

    void look_up(std::string hash, Shown shown)
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
        if (shown == Shown::key) return store_.find(std::move(hash), std::move(answer));
        if (shown == Shown::access_key) return options_.access_keys->find(std::move(hash), std::move(answer));
        options_.sessions->find_session(
            std::move(hash), [answer = std::move(answer)](Result<std::optional<ports::FoundSession>> found) mutable {
                answer(credential_of(std::move(found)));
            });
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
        const auto now = options_.clock();
        if (found) {
            if (known_.size() >= options_.max_entries && !known_.contains(hash)) make_room(now);
            Entry entry{.principal = found->principal, .until = now + options_.found_for};
            if (found->lives_for) entry.until = std::min(entry.until, asked_at + *found->lives_for);
            known_[hash] = std::move(entry);
            return;
        }
        known_.erase(hash);
        forget_unknown(now);
        if (unknown_.insert_or_assign(hash, now + options_.unknown_for).second) unknown_in_order_.push_back(hash);
    }

    /// Those whose time is up, and where that is not enough the oldest. All live equally long.
    void forget_unknown(SteadyClock::time_point now)
    {
        while (!unknown_in_order_.empty()) {
            const auto at = unknown_.find(unknown_in_order_.front());
            if (at->second > now && unknown_.size() < options_.max_unknown) return;
            unknown_.erase(at);
            unknown_in_order_.pop_front();
        }
    }

    void make_room(SteadyClock::time_point now)
    {
        std::erase_if(known_, [&](const auto& item) { return item.second.until <= now; });
        if (known_.size() >= options_.max_entries) known_.erase(known_.begin());
    }

    ports::CredentialStore& store_;
    const Options options_;
    std::mutex mutex_;
    Entries known_;                                                     // guarded by mutex_, as what follows
    std::unordered_map<std::string, SteadyClock::time_point> unknown_;  // until when
    std::deque<std::string> unknown_in_order_;                          // its keys, the oldest first
    std::unordered_map<std::string, std::vector<Sink>> waiting_;
    std::uint64_t generation_ = 0;
};

Authenticator::Authenticator(ports::CredentialStore& store, Options options)
    : impl_(std::make_shared<Impl>(store, std::move(options)))
{
}

Authenticator::~Authenticator() = default;

void Authenticator::authenticate(std::string_view key, Sink done, const std::function<bool()>& may_ask)
{
    impl_->authenticate(key, std::move(done), may_ask);
}

void Authenticator::authenticate_session(std::string_view token, Sink done, const std::function<bool()>& may_ask)
{
    impl_->authenticate_session(token, std::move(done), may_ask);
}

void Authenticator::authenticate_signed(SignedRequest request, Sink done, const std::function<bool()>& may_ask)
{
    impl_->authenticate_signed(std::move(request), std::move(done), may_ask);
}

void Authenticator::forget(TenantId tenant)
{
    impl_->forget(tenant);
}

}  // namespace winnow::identity
