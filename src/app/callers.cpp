#include "app/callers.hpp"

#include "app/config/node_settings.hpp"
#include "winnow/pg/credential_store.hpp"
#include "winnow/pg/revocation_feed.hpp"
#include "winnow/pg/sign_in_door.hpp"

namespace winnow::app {

Callers::Callers(const Config& config, const pg::Sessions& pipeline, observe::Metrics& metrics)
    : use_store_(pg::make_credential_use_store(pipeline)),
      uses_(*use_store_, {}),
      credentials_(pg::make_credential_store(caller_session(config, "winnow credentials"))),
      sign_in_door_(pg::make_sign_in_door(caller_session(config, "winnow sign-in"))),
      authenticator_(*credentials_, {.sessions = sign_in_door_.get()}),
      revocations_(pg::make_revocation_feed(session(config.database.pipeline_url, "winnow revocations", 1)),
                   authenticator_, {}, metrics)
{
}

}  // namespace winnow::app
