#include "app/try_rows.hpp"

#include "app/config/config.hpp"
#include "app/config/node_settings.hpp"
#include "app/serving.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/pg/alert_ids.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/journal_streams.hpp"
#include "winnow/pg/triage_store.hpp"

#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>
#include <optional>

namespace winnow::app {

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

pg::PgOptions session(const std::string& url)
{
    pg::PgOptions options;
    options.conninfo = url;
    options.application_name = "winnow trial";
    options.connections = 1;
    return options;
}

std::optional<domain::AlertIds> alert_ids(const std::string& url)
{
    try {
        return pg::stored_alert_ids(session(url));
    } catch (const std::exception& failure) {  // the database is away, most likely: the node tries again
        observe::warn("a dead writer's rows cannot be tried", {{"error", failure.what()}});
        return std::nullopt;
    }
}

}  // namespace

pipeline::TrialProgram trial_program(const Config& config)
{
    const nlohmann::json settings{{"pipeline_url", config.database.pipeline_url},
                                  {"resolve_timeout", config.resolve_timeout.count()},
                                  {"hung_turn", config.triage.hung_turn.count()},
                                  {"public_url", config.delivery.public_url},
                                  {"max_contacts_told", config.tenants.max_contacts_told},
                                  {"max_owed_deliveries", config.tenants.max_owed_deliveries},
                                  {"max_mails_a_day", config.tenants.max_mails_a_day},
                                  {"log_format", static_cast<int>(config.log.format)},
                                  {"log_level", static_cast<int>(config.log.level)}};
    return {.arguments = {"winnow", kTryRows}, .settings = settings.dump()};
}

int run_try_rows()
{
    const auto settings = nlohmann::json::parse(pipeline::next_trial_line(), nullptr, false);
    if (!settings.is_object()) {
        std::cerr << "winnow: " << kTryRows << " is what a node starts by itself\n";
        return kWrongUsage;
    }
    observe::start_log(static_cast<observe::LogFormat>(settings["log_format"].get<int>()),
                       static_cast<observe::Level>(settings["log_level"].get<int>()));
    const auto url = settings["pipeline_url"].get<std::string>();
    const auto milliseconds = [&](const char* name) {
        return std::chrono::milliseconds(settings[name].get<std::int64_t>());
    };
    pipeline::volunteer_to_end();  // before what it writes to is not this user's any more
    forbid_core_dumps();
    time_matches();
    const auto ids = alert_ids(url);
    if (!ids) return kFailed;
    const auto streams = pg::make_journal_streams(session(url));
    auto bounded = session(url);
    bounded.max_contacts_told = settings["max_contacts_told"].get<std::int64_t>();
    bounded.max_owed_deliveries = settings["max_owed_deliveries"].get<std::int64_t>();
    bounded.max_mails_a_day = settings["max_mails_a_day"].get<std::int64_t>();
    const auto store = pg::make_triage_store(bounded, milliseconds("resolve_timeout"));
    const auto configs = pg::make_config_store(bounded);
    pipeline::try_rows(*streams, *store, *configs, *ids, settings["public_url"].get<std::string>(),
                       {.hung_turn = milliseconds("hung_turn")});
}

}  // namespace winnow::app
