#include "app/callers.hpp"

#include "app/config/node_settings.hpp"
#include "winnow/pg/access_key_door.hpp"
#include "winnow/pg/credential_store.hpp"
#include "winnow/pg/revocation_feed.hpp"
#include "winnow/pg/sign_in_door.hpp"

namespace winnow::app {

Callers::Callers(const Config& config, const pg::Sessions& pipeline, ports::Sealing& sealing, observe::Metrics& metrics)
    : use_store_(pg::make_credential_use_store(pipeline)),
      uses_(*use_store_, {}),
      credentials_(pg::make_credential_store(caller_session(config, "winnow credentials"))),
      sign_in_door_(pg::make_sign_in_door(caller_session(config, "winnow sign-in"))),
      access_keys_(pg::make_access_key_door(caller_session(config, "winnow access-keys"), sealing)),
      authenticator_(*credentials_, {.sessions = sign_in_door_.get(), .access_keys = access_keys_.get()}),
      revocations_(pg::make_revocation_feed(session(config.database.pipeline_url, "winnow revocations", 1)),
                   authenticator_, {}, metrics)
{
}

}  // namespace winnow::app
