#include "winnow/identity/provider_documents.hpp"

#include "winnow/oidc/freshness.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace winnow::identity {

namespace {

constexpr int kOk = 200;

using Key = std::pair<TenantId, std::string>;
using Clock = std::function<Timestamp()>;

Timestamp system_time()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

ProviderUnknown unknown(const Error& error)
{
    return {.word = "away", .detail = error.message()};
}

ProviderUnknown unknown(const ports::Fetched& fetched)
{
    return {.word = "status",
            .detail = "The provider answered with status " + std::to_string(fetched.status) + ", not with 200."};
}

ProviderUnknown unknown(oidc::Refusal refusal)
{
    return {.word = std::string(to_string(refusal)), .detail = "The provider's documents are not what they must be."};
}

}  // namespace

class ProviderDocuments::State : public std::enable_shared_from_this<ProviderDocuments::State> {
public:
    State(ports::Fetcher& fetcher, std::function<Timestamp()> clock) : fetcher_(fetcher), clock_(std::move(clock)) {}

    void get(const Key& key, bool newer_keys, Sink done)
    {
        const auto now = clock_();
        std::optional<Found> known;
        bool begins = false;
        {
            const std::lock_guard lock(mutex_);
            auto& entry = entry_of(key, now);
            const bool wants = newer_keys ? now >= entry.asked_at + oidc::kAskEvery : !entry.is_fresh(now);
            const bool waits_for_next_try = entry.is_usable(now) && now < entry.asked_at + oidc::kAskEvery;
            const bool has_just_failed = entry.unknown && now < entry.asked_at + oidc::kAskAgain;
            if (entry.known && !entry.asking && (!wants || waits_for_next_try)) {
                known.emplace(entry.known);
            } else if (!entry.is_usable(now) && !entry.asking && has_just_failed) {
                known.emplace(std::unexpect, *entry.unknown);
            } else if (entry.waiting.size() >= kMostWaiting) {
                known.emplace(std::unexpect,
                              ProviderUnknown{.word = "busy", .detail = "Too many wait for the provider now."});
            } else {
                begins = !std::exchange(entry.asking, true);
                if (begins) entry.asked_at = now;
                entry.waiting.push_back(std::move(done));
            }
        }
        if (known) return done(*std::move(known));
        if (begins) ask_metadata(key);
    }

    void forget(const Key& key)
    {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(key);
        if (found == entries_.end()) return;
        found->second.known = nullptr;
        found->second.unknown.reset();
        found->second.asked_at = {};
        ++found->second.forgotten;
    }

private:
    struct Entry {
        std::shared_ptr<const ProviderKnown> known;
        std::optional<ProviderUnknown> unknown;  ///< Why not, as far as it was asked for last.
        Timestamp learnt_at = {};
        Timestamp good_until = {};
        Timestamp asked_at = {};  ///< For the last time.
        Timestamp used_at = {};
        bool asking = false;
        int forgotten = 0;  ///< How often: what was asked for before is not kept after.
        std::vector<Sink> waiting;

        [[nodiscard]] bool is_fresh(Timestamp now) const { return known && now < good_until; }
        [[nodiscard]] bool is_usable(Timestamp now) const { return known && now < learnt_at + oidc::kStaleFor; }
    };

    /// Under the lock.
    Entry& entry_of(const Key& key, Timestamp now)
    {
        if (!entries_.contains(key) && entries_.size() >= kMost) {
            auto oldest = entries_.end();
            for (auto each = entries_.begin(); each != entries_.end(); ++each) {
                if (each->second.asking) continue;
                if (oldest == entries_.end() || each->second.used_at < oldest->second.used_at) oldest = each;
            }
            if (oldest != entries_.end()) entries_.erase(oldest);
        }
        auto& entry = entries_[key];
        entry.used_at = now;
        return entry;
    }

    void ask_metadata(const Key& key)
    {
        ports::Fetch what;
        what.tenant = key.first;
        what.url = oidc::metadata_url(key.second);
        what.max_bytes = oidc::kMaxMetadataBytes;
        fetcher_.fetch(std::move(what),
                       [self = shared_from_this(), key, before = times_forgotten(key)](Result<ports::Fetched> fetched) {
                           if (!fetched) return self->conclude_away(key, before, unknown(fetched.error()));
                           if (fetched->status != kOk) return self->conclude_away(key, before, unknown(*fetched));
                           auto metadata = oidc::read_metadata(fetched->body, key.second);
                           if (!metadata) return self->conclude_refused(key, before, metadata.error());
                           self->ask_keys(key, before, *std::move(metadata));
                       });
    }

    void ask_keys(const Key& key, int before, oidc::Metadata metadata)
    {
        ports::Fetch what;
        what.tenant = key.first;
        what.url = metadata.jwks_uri;
        what.max_bytes = oidc::kMaxKeySetBytes;
        fetcher_.fetch(std::move(what), [self = shared_from_this(), key, before,
                                         metadata = std::move(metadata)](Result<ports::Fetched> fetched) mutable {
            if (!fetched) return self->conclude_away(key, before, unknown(fetched.error()));
            if (fetched->status != kOk) return self->conclude_away(key, before, unknown(*fetched));
            auto keys = oidc::KeySet::read(fetched->body);
            if (!keys) return self->conclude_refused(key, before, keys.error());
            const auto known = std::make_shared<const ProviderKnown>(
                ProviderKnown{.metadata = std::move(metadata), .keys = *std::move(keys)});
            self->keep(key, before, known, oidc::keys_for(fetched->cache_control));
            self->conclude(key, known);
        });
    }

    int times_forgotten(const Key& key)
    {
        const std::lock_guard lock(mutex_);
        return entries_[key].forgotten;
    }

    void keep(const Key& key, int before, const std::shared_ptr<const ProviderKnown>& known,
              std::chrono::milliseconds keys_for)
    {
        const auto now = clock_();
        const std::lock_guard lock(mutex_);
        auto& entry = entries_[key];
        if (entry.forgotten != before) return;
        entry.known = known;
        entry.unknown.reset();
        entry.learnt_at = now;
        entry.good_until = now + std::min(oidc::kMetadataFor, keys_for);
    }

    /// What was known before serves on for a while.
    void conclude_away(const Key& key, int before, ProviderUnknown why)
    {
        const auto now = clock_();
        std::shared_ptr<const ProviderKnown> known;
        {
            const std::lock_guard lock(mutex_);
            auto& entry = entries_[key];
            if (entry.forgotten == before) {
                entry.unknown = why;
                if (entry.is_usable(now)) known = entry.known;
            }
        }
        if (known) return conclude(key, known);
        conclude(key, std::unexpected(std::move(why)));
    }

    /// It is there, and says something else than it did: what was known before is not believed any more.
    void conclude_refused(const Key& key, int before, oidc::Refusal refusal)
    {
        const auto why = unknown(refusal);
        {
            const std::lock_guard lock(mutex_);
            auto& entry = entries_[key];
            if (entry.forgotten == before) {
                entry.known = nullptr;
                entry.unknown = why;
            }
        }
        conclude(key, std::unexpected(why));
    }

    void conclude(const Key& key, const Found& found)
    {
        std::vector<Sink> waiting;
        {
            const std::lock_guard lock(mutex_);
            auto& entry = entries_[key];
            entry.asking = false;
            waiting.swap(entry.waiting);
        }
        for (auto& done : waiting) done(found);
    }

    ports::Fetcher& fetcher_;
    const std::function<Timestamp()> clock_;
    std::mutex mutex_;
    std::map<Key, Entry> entries_;  // guarded by mutex_; what is asking stays
};

ProviderDocuments::ProviderDocuments(ports::Fetcher& fetcher, std::function<Timestamp()> clock)
    : state_(std::make_shared<State>(fetcher, clock ? std::move(clock) : Clock(system_time)))
{
}

ProviderDocuments::~ProviderDocuments() = default;

void ProviderDocuments::get(TenantId tenant, const std::string& issuer, Sink done)
{
    state_->get({tenant, issuer}, false, std::move(done));
}

void ProviderDocuments::get_newer_keys(TenantId tenant, const std::string& issuer, Sink done)
{
    state_->get({tenant, issuer}, true, std::move(done));
}

void ProviderDocuments::forget(TenantId tenant, const std::string& issuer)
{
    state_->forget({tenant, issuer});
}

}  // namespace winnow::identity
