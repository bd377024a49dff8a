#include "winnow/identity/authenticator.hpp"

#include "identity/known_keys.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/token.hpp"
#include "winnow/ports/access/access_key_door.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/signin/sign_in_door.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::identity {

namespace {

using access::Revoked;
using Sink = std::move_only_function<void(Result<access::Principal>)>;

constexpr std::size_t kLongestKey = 255;
constexpr int kQuestions = 2;

Error unknown_key()
{
    return {ErrorCode::unauthenticated, "the credential is missing, unknown, expired or revoked"};
}

Error late_answer()
{
    return {ErrorCode::unavailable, "the database took too long to say whether the credential still holds"};
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

}  // namespace

// Shared with the look-ups in flight, which may come back after the Authenticator is gone.
class Authenticator::Impl : public std::enable_shared_from_this<Authenticator::Impl> {
public:
    Impl(ports::CredentialStore& store, Options options)
        : store_(store), options_(std::move(options)), hearing_(options_.trust), known_(options_.max_entries)
    {
    }

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
            const auto* const known = known_.find(hash);
            cached = answer_of(known, hash);
            if (!cached && may_ask && known == nullptr && !waiting_.contains(hash) && !may_ask()) {
                cached = Result<access::Principal>(Error(ErrorCode::rate_limited, "too many unknown keys"));
            }
            if (!cached) {
                auto& waiting = waiting_[hash];
                ask = waiting.empty();
                waiting.push_back(std::move(done));
            }
        }
        if (cached) return done(*std::move(cached));
        if (ask) look_up(std::move(hash), shown, 1);
    }

    void doubt(const Revoked& what)
    {
        const std::lock_guard lock(mutex_);
        ++generation_;
        known_.doubt(what);
    }

    void forget(TenantId tenant)
    {
        doubt({.kind = Revoked::Kind::tenant, .tenant = tenant, .id = {}});
        forget_unknown();  // a key of the tenant may have been made just now
    }

    void forget_all()
    {
        doubt({});
        forget_unknown();
    }

    void heard(Instant sent)
    {
        const std::lock_guard lock(mutex_);
        hearing_.echoed(sent);
    }

    void deaf()
    {
        const std::lock_guard lock(mutex_);
        hearing_.lost();
    }

    [[nodiscard]] bool wants_proof()
    {
        const std::lock_guard lock(mutex_);
        return hearing_.is_wanted(used_, options_.clock());
    }

private:
    /// A question to the store.
    struct Asked {
        std::uint64_t generation;
        Instant at;
        Shown shown;
        int times;  ///< Of the same key in a row.
    };

    /// What is known and holds; mutex_ held.
    std::optional<Result<access::Principal>> answer_of(const KnownKey* known, const std::string& hash)
    {
        const auto now = options_.clock();
        if (known != nullptr) {
            used_ = now;
            if (holds(*known, now)) return Result<access::Principal>(known->principal);
        }
        if (const auto at = unknown_.find(hash); at != unknown_.end() && at->second > now) {
            return Result<access::Principal>(unknown_key());
        }
        return std::nullopt;
    }

    [[nodiscard]] bool holds(const KnownKey& known, Instant now) const  // mutex_ held
    {
        return known.asked && hearing_.holds(*known.asked, now) && (!known.ends || now < *known.ends);
    }

    void look_up(std::string hash, Shown shown, int times)
    {
        std::uint64_t generation = 0;
        {
            const std::lock_guard lock(mutex_);
            generation = generation_;
        }
        // From before the question on: trust in the answer, and what is left of a key's life, are counted from then.
        const Asked asked{.generation = generation, .at = options_.clock(), .shown = shown, .times = times};
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
        bool again = false;
        {
            const std::lock_guard lock(mutex_);
            const bool told = asked.generation != generation_;
            if (found && *found && hearing_.is_late(asked.at, options_.clock(), told)) {
                again = asked.times < kQuestions;
                found = late_answer();
            }
            // What was looked up before a change must not outlive it in the cache.
            if (found && !told) remember(hash, asked.at, *found);
            if (const auto at = waiting_.find(hash); at != waiting_.end() && !again) {
                sinks = std::move(at->second);
                waiting_.erase(at);
            }
        }
        if (again) return look_up(hash, asked.shown, asked.times + 1);
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
    void remember(const std::string& hash, Instant asked_at, const std::optional<ports::Credential>& found)
    {
        // Two maps, so that a flood of made-up keys cannot push out the real ones.
        const auto now = options_.clock();
        if (found) {
            KnownKey key{.principal = found->principal, .asked = asked_at, .ends = std::nullopt};
            if (found->lives_for) key.ends = asked_at + *found->lives_for;
            known_.put(hash, std::move(key), [&](const KnownKey& other) { return !holds(other, now); });
            used_ = now;
            return;
        }
        known_.erase(hash);
        forget_unknown(now);
        if (unknown_.insert_or_assign(hash, now + options_.unknown_for).second) unknown_in_order_.push_back(hash);
    }

    /// Those whose time is up, and where that is not enough the oldest. All live equally long.
    void forget_unknown(Instant now)
    {
        while (!unknown_in_order_.empty()) {
            const auto at = unknown_.find(unknown_in_order_.front());
            if (at->second > now && unknown_.size() < options_.max_unknown) return;
            unknown_.erase(at);
            unknown_in_order_.pop_front();
        }
    }

    void forget_unknown()
    {
        const std::lock_guard lock(mutex_);
        unknown_.clear();
        unknown_in_order_.clear();
    }

    ports::CredentialStore& store_;
    const Options options_;
    std::mutex mutex_;
    Hearing hearing_;  // guarded by mutex_, as what follows
    KnownKeys known_;
    std::optional<Instant> used_;                       // something of known_
    std::unordered_map<std::string, Instant> unknown_;  // until when
    std::deque<std::string> unknown_in_order_;          // its keys, the oldest first
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

void Authenticator::revoked(const access::Revoked& what)
{
    impl_->doubt(what);
}

void Authenticator::forget_all()
{
    impl_->forget_all();
}

void Authenticator::heard(Instant sent)
{
    impl_->heard(sent);
}

void Authenticator::deaf()
{
    impl_->deaf();
}

bool Authenticator::wants_proof() const
{
    return impl_->wants_proof();
}

}  // namespace winnow::identity
