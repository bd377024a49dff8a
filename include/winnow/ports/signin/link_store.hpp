#pragma once

/// @file
/// Links that were mailed, inside one of a tenant's transactions: invitations, and tokens that are good once.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/signin/link.hpp"

#include <optional>
#include <string>

namespace winnow::ports {

/// One that is good still.
struct MailedLink {
    signin::LinkPurpose purpose = signin::LinkPurpose::reset;
    Uuid id;
    UserId user;
    std::string subject = {};     ///< email_change and email_stop: the address that is to be.
    std::string created_by = {};  ///< Of invitations: access::Principal::actor().
    Timestamp expires_at;
    bool beside_others = false;  ///< Nobody knows who asked for it: it takes no good link away.
};

/// By what people know a tenant, and whether it is suspended, or at its end: nobody joins it then.
struct TenantNames {
    std::string name;
    std::string service_code;
    bool suspended = false;
};

/// Not thread-safe: lives and dies with its transaction.
class LinkStore {
public:
    LinkStore() = default;
    LinkStore(const LinkStore&) = delete;
    LinkStore& operator=(const LinkStore&) = delete;
    virtual ~LinkStore() = default;

    /// An invitation takes the place of the user's one before; so does a link for what another one of the same user is
    /// good for, unless it stands beside others. @param token_hash  SHA-256, 32 bytes.
    [[nodiscard]] virtual Result<Done> add(const MailedLink& link, const std::string& token_hash) = 0;

    /// nullopt: it was never made, used, taken back, or is too old. Nobody else uses it until the transaction ends.
    [[nodiscard]] virtual Result<std::optional<MailedLink>> lock(const std::string& token_hash) = 0;

    /// The same, to be looked at.
    [[nodiscard]] virtual Result<std::optional<MailedLink>> seen(const std::string& token_hash) = 0;

    /// It is good for nothing any more.
    [[nodiscard]] virtual Result<Done> use(const MailedLink& link) = 0;

    /// All of the user's.
    [[nodiscard]] virtual Result<Done> take_back(UserId user) = 0;

    /// For who follows a link.
    [[nodiscard]] virtual Result<TenantNames> tenant_names() = 0;
};

}  // namespace winnow::ports
