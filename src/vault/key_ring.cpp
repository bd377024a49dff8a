#include "winnow/vault/key_ring.hpp"

#include "vault/opened_keys.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace winnow::vault {

namespace {

using domain::KeyVersion;
using ports::TenantVersion;
using ports::WrappedKey;

/// What is written: unknown until the vault has answered.
enum class Format : std::uint8_t { unknown, one_key, key_a_tenant };

bool means_away(const Error& error) noexcept
{
    return error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timeout;
}

Error away()
{
    return {ErrorCode::unavailable, "the vault that holds the tenant's key cannot be reached: try again later"};
}

class VaultKind final : public ports::DueKind {
public:
    VaultKind(KeyRing& ring, std::chrono::milliseconds every) : ring_(ring), traits_{.name = "vault", .every = every} {}

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return std::vector{TenantId()}; }

    /// A vault that is away is nobody's reason to leave anything else out; it is logged and measured already.
    Result<ports::DueDone> run(const ports::DueTurn& /*turn*/) override
    {
        if (const auto done = ring_.refresh(); !done && done.error().code() != ErrorCode::unavailable) {
            observe::warn("the vault refuses to be asked", {{"reason", done.error().message()}});
        }
        return ports::DueDone{};
    }

private:
    KeyRing& ring_;
    const ports::DueTraits traits_;
};

}  // namespace

class KeyRing::Impl {
public:
    Impl(ports::KeyStore& store, std::vector<crypto::RootKey> roots, const crypto::Sealer& before, MayBegin may_begin,
         KeyRingOptions options, observe::Metrics& metrics)
        : store_(store),
          roots_(std::move(roots)),
          before_(before),
          may_begin_(std::move(may_begin)),
          options_(std::move(options)),
          keys_(options_.most),
          up_(metrics.gauge("winnow_vault_up", "Whether the vault answered when it was asked last.")),
          held_(metrics.gauge("winnow_vault_keys", "Tenants' keys that are open in memory.")),
          root_age_(metrics.gauge("winnow_vault_root_age_seconds", "Time since the current root key was made known.")),
          sealed_(metrics.counter("winnow_vault_seals_total", "Secrets that were sealed under a tenant's key.")),
          opened_(outcome(metrics, "opened")),
          failed_(outcome(metrics, "failed")),
          waits_(outcome(metrics, "vault_away"))
    {
        if (roots_.empty()) throw std::invalid_argument("a vault needs a root key");
    }

    ~Impl()
    {
        if (is_there()) static_cast<void>(store_.leave(options_.node));
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Result<std::string> seal(const domain::SealedPlace& place, std::string_view secret)
    {
        switch (format_.load()) {
            case Format::unknown: return away();
            case Format::one_key: return before_.seal(secret, place.before);
            case Format::key_a_tenant: break;
        }
        const auto key = current(place.tenant);
        if (!key) return key.error();
        const auto version = (*key)->version();
        auto sealed = (*key)->seal(secret, to_string(place.kind), sealed_binding(place, version));
        keys_.count_seal({.tenant = place.tenant, .version = version});
        sealed_.add();
        return sealed;
    }

    Result<std::string> open(const domain::SealedPlace& place, std::string_view sealed)
    {
        auto secret = open_any(place, sealed);
        (secret ? opened_ : secret.error().code() == ErrorCode::unavailable ? waits_ : failed_).add();
        return secret;
    }

    Result<Done> refresh()
    {
        const std::lock_guard alone(refreshing_);
        auto seals = keys_.take_seals();
        const auto news = store_.report({.node = options_.node, .roots = names(), .seals = seals, .since = since_});
        if (!news) {
            keys_.put_back(seals);
            return not_there(news.error());
        }
        for (const auto& changed : news->changed) keys_.drop(changed);
        if (!since_) read_ahead();
        tell_of_missing_roots();
        since_ = news->now;
        {
            const std::lock_guard lock(mutex_);
            root_ = news->root;
        }
        root_age_.set(std::chrono::duration<double>(news->now - news->root_since).count());
        held_.set(static_cast<double>(keys_.size()));
        up_.set(1);
        if (!there_.exchange(true)) observe::info("the vault is there");
        return choose_format(news->nodes);
    }

    [[nodiscard]] bool is_there() const noexcept { return there_.load(); }
    [[nodiscard]] std::chrono::milliseconds every() const noexcept { return options_.refresh; }

    Result<std::size_t> rewrap(std::size_t limit)
    {
        const auto wrapped = store_.to_rewrap(limit);
        if (!wrapped) return not_there(wrapped.error());
        if (wrapped->empty()) {
            const auto forgotten = store_.forget_roots();
            if (!forgotten) return not_there(forgotten.error());
            return std::size_t{0};
        }
        const auto* const root = current_root();
        if (root == nullptr) return Error(ErrorCode::unavailable, "the current root key is not on this node");
        std::vector<ports::RewrappedKey> anew;
        for (const auto& key : *wrapped) {
            const auto opened = unwrap(key);
            if (!opened) continue;
            anew.push_back({.before = key, .root = root->id(), .wrapped = root->wrap(**opened, key.of.tenant)});
        }
        return store_.rewrap(anew);
    }

    Result<std::size_t> renew(std::size_t limit, std::chrono::seconds age, std::uint64_t seals)
    {
        const auto due = store_.due(limit, age, seals);
        if (!due) return not_there(due.error());
        std::size_t done = 0;
        for (const auto& of : *due) {
            const auto next = renew(of);
            if (next) {
                ++done;
            } else if (next.error().code() != ErrorCode::conflict) {
                return next.error();
            }
        }
        return done;
    }

    Result<KeyVersion> renew(TenantId tenant)
    {
        const auto now = store_.current(tenant);
        if (!now) return not_there(now.error());
        return renew(now->of);
    }

private:
    static observe::Counter outcome(observe::Metrics& metrics, const char* word)
    {
        return metrics.counter("winnow_vault_opens_total", "Secrets that were to be opened.", {{"outcome", word}});
    }

    [[nodiscard]] std::vector<std::string> names() const
    {
        std::vector<std::string> names;
        for (const auto& root : roots_) names.push_back(root.id());
        return names;
    }

    /// Null where this node does not hold it, or it is not known yet.
    [[nodiscard]] const crypto::RootKey* current_root() const
    {
        const std::lock_guard lock(mutex_);
        return held(root_);
    }
    [[nodiscard]] const crypto::RootKey* held(const std::string& id) const
    {
        const auto found = std::ranges::find(roots_, id, &crypto::RootKey::id);
        return found == roots_.end() ? nullptr : &*found;
    }

    /// Of what the vault refused: who is next does not wait for it where it is away.
    Error not_there(const Error& error)
    {
        if (!means_away(error)) return error;
        up_.set(0);
        if (there_.exchange(false)) {
            observe::warn("the vault is away: what is sealed under keys that are not in memory waits",
                          {{"reason", error.message()}});
        }
        return away();
    }

    Result<OpenedKey> unwrap(const WrappedKey& key) const
    {
        const auto* const root = held(key.root);
        if (root == nullptr) {
            const std::lock_guard lock(mutex_);
            ++missing_[key.root];
            return away();
        }
        auto opened = root->unwrap(key.wrapped, key.of.tenant, key.of.version);
        if (opened) return std::make_shared<const crypto::TenantKey>(*std::move(opened));
        observe::error("a tenant's key cannot be unwrapped", {{"tenant", key.of.tenant.str()}, {"root", key.root}});
        return opened.error();
    }

    /// A line a root key, and not one for each key that was asked for.
    void tell_of_missing_roots()
    {
        std::map<std::string, std::size_t> missing;
        {
            const std::lock_guard lock(mutex_);
            missing.swap(missing_);
        }
        for (const auto& [root, keys] : missing) {
            observe::error("tenants' keys are wrapped by a root key that this node does not hold",
                           {{"root", root}, {"keys", keys}});
        }
    }

    Result<OpenedKey> keep(const WrappedKey& key, bool is_current)
    {
        auto opened = unwrap(key);
        if (opened) keys_.keep(key.of.tenant, *opened, is_current);
        return opened;
    }

    /// Keys are there before they are needed, and when the vault is away.
    void read_ahead()
    {
        const auto newest = store_.newest(options_.most);
        if (!newest) return;
        // A tenant's newest comes last, and is the one that seals.
        for (const auto& key : std::views::reverse(*newest)) static_cast<void>(keep(key, true));
    }

    Result<Done> choose_format(const std::vector<std::string>& nodes)
    {
        if (format_.load() == Format::key_a_tenant) return Done{};
        const auto may = may_begin_(nodes);
        if (!may) return may.error();
        format_.store(*may ? Format::key_a_tenant : Format::one_key);
        return Done{};
    }

    Result<std::string> open_any(const domain::SealedPlace& place, std::string_view sealed)
    {
        const auto version = crypto::key_version_of(sealed);
        if (!version) return before_.open(sealed, place.before);
        const auto key = opened({.tenant = place.tenant, .version = *version});
        if (!key) return key.error();
        return (*key)->open(sealed, to_string(place.kind), sealed_binding(place, *version));
    }

    Result<OpenedKey> opened(const TenantVersion& of)
    {
        if (auto key = keys_.find(of)) return key;
        if (!is_there()) return away();
        const auto wrapped = store_.find(of);
        if (wrapped) return keep(*wrapped, false);
        if (wrapped.error().code() != ErrorCode::not_found) return not_there(wrapped.error());
        return Error(ErrorCode::internal, "the key of a sealed value is gone");
    }

    Result<OpenedKey> current(TenantId tenant)
    {
        if (auto key = keys_.current(tenant)) return key;
        if (!is_there()) return away();
        auto wrapped = store_.current(tenant);
        if (!wrapped && wrapped.error().code() == ErrorCode::not_found) wrapped = add_first(tenant);
        if (!wrapped) return not_there(wrapped.error());
        return keep(*wrapped, true);
    }

    Result<WrappedKey> add_first(TenantId tenant)
    {
        const auto* const root = current_root();
        if (root == nullptr) return away();
        const auto key = crypto::TenantKey::make(1);
        return store_.add_first({.of = {.tenant = tenant, .version = key.version()},
                                 .root = root->id(),
                                 .wrapped = root->wrap(key, tenant)});
    }

    Result<KeyVersion> renew(const TenantVersion& now)
    {
        const auto* const root = current_root();
        if (root == nullptr) return away();
        const auto next = crypto::TenantKey::make(now.version + 1);
        const auto replaced = store_.replace(now, {.of = {.tenant = now.tenant, .version = next.version()},
                                                   .root = root->id(),
                                                   .wrapped = root->wrap(next, now.tenant)});
        if (!replaced) return not_there(replaced.error());
        if (!*replaced) return Error(ErrorCode::conflict, "the tenant's key was renewed by somebody else just now");
        keys_.drop(now);
        return next.version();
    }

    ports::KeyStore& store_;
    const std::vector<crypto::RootKey> roots_;
    const crypto::Sealer& before_;
    const MayBegin may_begin_;
    const KeyRingOptions options_;
    OpenedKeys keys_;
    std::atomic<Format> format_ = Format::unknown;
    std::atomic<bool> there_ = true;
    mutable std::mutex mutex_;
    std::string root_;  ///< The current one's name; guarded by mutex_.
    /// How often keys were wanted since that was told, by the root key that wraps them; guarded by mutex_.
    mutable std::map<std::string, std::size_t> missing_;
    std::mutex refreshing_;
    std::optional<Timestamp> since_;  ///< Of the last report; guarded by refreshing_.
    const observe::Gauge up_;
    const observe::Gauge held_;
    const observe::Gauge root_age_;
    const observe::Counter sealed_;
    const observe::Counter opened_;
    const observe::Counter failed_;
    const observe::Counter waits_;
};

KeyRing::KeyRing(ports::KeyStore& store, std::vector<crypto::RootKey> roots, const crypto::Sealer& before,
                 MayBegin may_begin, KeyRingOptions options, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(store, std::move(roots), before, std::move(may_begin), std::move(options), metrics))
{
    static_cast<void>(refresh());
}

KeyRing::~KeyRing() = default;

Result<std::string> KeyRing::seal(const domain::SealedPlace& place, std::string_view secret)
{
    return impl_->seal(place, secret);
}

Result<std::string> KeyRing::open(const domain::SealedPlace& place, std::string_view sealed)
{
    return impl_->open(place, sealed);
}

Result<Done> KeyRing::refresh()
{
    return impl_->refresh();
}

bool KeyRing::is_there() const noexcept
{
    return impl_->is_there();
}

std::unique_ptr<ports::DueKind> KeyRing::make_kind()
{
    return std::make_unique<VaultKind>(*this, impl_->every());
}

Result<std::size_t> KeyRing::rewrap(std::size_t limit)
{
    return impl_->rewrap(limit);
}

Result<std::size_t> KeyRing::renew(std::size_t limit, std::chrono::seconds age, std::uint64_t seals)
{
    return impl_->renew(limit, age, seals);
}

Result<KeyVersion> KeyRing::renew(TenantId tenant)
{
    return impl_->renew(tenant);
}

}  // namespace winnow::vault
