#pragma once

/// @file
/// Who asks: how a node tells whose key or session a request shows, and hears that it opens nothing any more.

#include "app/config/config.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/identity/credential_uses.hpp"
#include "winnow/identity/revocation_listener.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/access/access_key_door.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/signin/sign_in_door.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <memory>

namespace winnow::app {

class Callers {
public:
    /// `pipeline` is of the role winnow_pipeline; `sealing` opens secrets of access keys. They and `metrics` outlive
    /// this. Hears from now on.
    Callers(const Config& config, const pg::Sessions& pipeline, ports::Sealing& sealing, observe::Metrics& metrics);

    [[nodiscard]] identity::Authenticator& authenticator() noexcept { return authenticator_; }
    [[nodiscard]] identity::CredentialUses& uses() noexcept { return uses_; }
    [[nodiscard]] ports::SignInDoor& sign_in_door() noexcept { return *sign_in_door_; }

    /// False while keys or sessions cannot be looked up.
    [[nodiscard]] bool healthy() const
    {
        return credentials_->healthy() && sign_in_door_->healthy() && access_keys_->healthy();
    }

private:
    std::unique_ptr<ports::CredentialUseStore> use_store_;
    identity::CredentialUses uses_;
    std::unique_ptr<ports::CredentialStore> credentials_;
    std::unique_ptr<ports::SignInDoor> sign_in_door_;
    std::unique_ptr<ports::AccessKeyDoor> access_keys_;
    identity::Authenticator authenticator_;
    identity::RevocationListener revocations_;
};

}  // namespace winnow::app
