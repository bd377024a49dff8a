#pragma once

/// @file
/// Mails that the service owes people of a tenant: kept with the act that they tell of, and sent later.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/sealed.hpp"
#include "winnow/signin/mail_text.hpp"

#include <cstddef>
#include <string>

namespace winnow::ports {

struct ServerMail {
    ServerMailId id;
    signin::MailKind kind = signin::MailKind::invitation;
    std::string to;  ///< A plain mailbox (domain::mailbox_problem).
    signin::Locale locale = signin::Locale::en;
    std::string sealed_token = {};  ///< Of the link, by Sealing, in its mail_token_place(); "" where the kind has none.
    std::string source = {};        ///< As signin::MailFacts have it, and so what follows.
    Timestamp at;
    int number = 0;
    std::string about = {};
};

/// Where a mail's sealed token is stored, and what it is for: it opens nowhere else.
[[nodiscard]] inline domain::SealedPlace mail_token_place(TenantId tenant, ServerMailId id)
{
    return {.tenant = tenant,
            .kind = domain::SecretKind::credential,
            .table = "server_mails",
            .column = "sealed_token",
            .row = id.str(),
            .before = "server_mail:" + tenant.str() + ":" + id.str()};
}

/// So many may wait for one tenant: whoever invites thousands waits for the mail server, not the others.
inline constexpr std::size_t kMostOwedMails = 1'000;

/// Not thread-safe: lives and dies with its transaction.
class ServerMailStore {
public:
    ServerMailStore() = default;
    ServerMailStore(const ServerMailStore&) = delete;
    ServerMailStore& operator=(const ServerMailStore&) = delete;
    virtual ~ServerMailStore() = default;

    /// Owed once the transaction is committed: within signin::worth_sending_for() it is tried until it was sent.
    /// Where kMostOwedMails wait: `rate_limited` for what is nothing without its mail, which brings a link; what only
    /// tells of an act is logged and left out, so that no full queue keeps anybody from changing a password.
    [[nodiscard]] virtual Result<Done> owe(const ServerMail& mail) = 0;

    /// Those of the kind to that mailbox that were not sent yet are not sent any more: their link is good no longer.
    [[nodiscard]] virtual Result<Done> drop(signin::MailKind kind, const std::string& to) = 0;
};

}  // namespace winnow::ports
