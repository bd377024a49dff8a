#pragma once

/// @file
/// Closes and erases tenants, as the provider asks for it and the clock does it.

#include "winnow/crypto/signature.hpp"
#include "winnow/pg/chores.hpp"
#include "winnow/pg/options.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/pg/tenant_ends.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace winnow::pg {

class Eraser {
public:
    Eraser(PgOptions provider, PgOptions pipeline, ChoreLimits limits = {}, std::optional<VaultChores> vault = {})
        : provider_(std::move(provider)), pipeline_(std::move(pipeline)), limits_(limits), vault_(std::move(vault))
    {
        start_anew();
    }

    [[nodiscard]] ports::TenantEnds& ends() { return *ends_; }
    [[nodiscard]] const crypto::SigningKey& key() const { return *key_; }

    /// As a node that was killed: nothing of what it had in memory is left.
    void start_anew(bool with_key = true)
    {
        ends_ = make_tenant_ends(provider_, std::chrono::milliseconds{0});
        HeadSigner signer;
        if (with_key)
            signer = {.key_id = key_->id(), .sign = [key = key_](auto text) {
                          return key->sign(text);
                      }};
        chores_ = make_chores(pipeline_, limits_, {}, std::move(signer), vault_);
        const auto found = std::ranges::find(chores_->list(), "erase_tenants", &ports::Chore::name);
        if (found == chores_->list().end()) throw std::invalid_argument("there is no such chore");
        place_ = static_cast<std::size_t>(found - chores_->list().begin());
    }

    /// Closes the tenant and has it erased, its window waived. Throws where that is refused.
    ErasureId ask(TenantId tenant, const std::string& name, const Uuid& id)
    {
        const ports::ProviderRequest by{.actor = {.id = "provider", .means = "provider_key", .request_id = "r-1"},
                                        .address = {},
                                        .user_agent = {},
                                        .certificate_subject = {}};
        if (const auto closed = ends_->close(tenant, std::chrono::days{30}, "the contract has ended", by); !closed) {
            throw std::runtime_error(closed.error().message());
        }
        const auto erasure = ends_->erase(
            tenant,
            {.id = ErasureId(id), .wish = {.name = name, .waives_window = true}, .reason = "asked for in writing"}, by);
        if (!erasure) throw std::runtime_error(erasure.error().message());
        return erasure->id;
    }

    [[nodiscard]] Result<ports::ChoreStep> step() { return chores_->step(place_); }

    /// Step by step until nothing is left to do; how many steps that were.
    std::size_t to_the_end()
    {
        for (std::size_t steps = 1;; ++steps) {
            const auto done = step();
            if (!done) throw std::runtime_error(done.error().message());
            if (!done->more) return steps;
            if (steps > 5'000) throw std::runtime_error("an erasure comes to no end");
        }
    }

private:
    std::shared_ptr<const crypto::SigningKey> key_ = std::make_shared<crypto::SigningKey>(crypto::SigningKey::make());
    const PgOptions provider_;
    const PgOptions pipeline_;
    const ChoreLimits limits_;
    const std::optional<VaultChores> vault_;
    std::unique_ptr<ports::TenantEnds> ends_;
    std::unique_ptr<ports::Chores> chores_;
    std::size_t place_ = 0;
};

}  // namespace winnow::pg
