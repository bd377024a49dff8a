#include "app/call_logs.hpp"

#include "app/config/node_settings.hpp"
#include "winnow/pg/access_records.hpp"

namespace winnow::app {

CallLogs::CallLogs(const Config& config, const pg::Sessions& pipeline, observe::Metrics& metrics)
    : refused_store_(pg::make_refused_access_store(pipeline)),
      refused_(*refused_store_, {}),
      denials_(api::Denials::Options{}),
      records_(pg::make_access_records(session(config.database.pipeline_url, "winnow access", 1),
                                       access_record_limits(config, metrics)))
{
}

void CallLogs::store_rest(ports::TenantDatabase& database)
{
    refused_.store_rest();
    denials_.store_rest(database);
}

}  // namespace winnow::app
