#include "api/tenants/invite.hpp"

#include "api/signin/steps.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/signin/throttle_store.hpp"

namespace winnow::api {

Result<Done> mail_link(const Call& call, ports::TenantSession& session, const ports::User& user,
                       signin::LinkPurpose purpose, signin::MailKind kind)
{
    const auto now = session.throttles().now();  // links are over by the database's clock
    if (!now) return now.error();
    const auto token = crypto::make_token();
    const ports::MailedLink link{.purpose = purpose,
                                 .id = call.services.new_id(),
                                 .user = user.id,
                                 .created_by = call.who.actor(),
                                 .expires_at = *now + signin::life_of(purpose)};
    if (const auto added = session.links().add(link, token.hash); !added) return added.error();
    return owe_mail(*call.services.sealing, call.services.new_id(), session, user, kind, "", *now, token.text);
}

Result<Done> invite(const Call& call, ports::TenantSession& session, const ports::User& user)
{
    return mail_link(call, session, user, signin::LinkPurpose::invitation, signin::MailKind::invitation);
}

}  // namespace winnow::api
