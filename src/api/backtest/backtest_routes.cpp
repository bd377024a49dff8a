/// @file
/// /rules/backtests: what draft rules would have made of the alerts that came in.

#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/rules/rule_json.hpp"
#include "api/rules/rule_work.hpp"
#include "winnow/backtest/draft.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/backtest.hpp"
#include "winnow/ports/alert_archive.hpp"
#include "winnow/ports/backtest_store.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace winnow::api {
namespace {

using domain::Rule;
using domain::RuleDraft;
using http::Response;
using nlohmann::json;
using ports::Backtest;
using ports::TenantSession;

constexpr std::int64_t kDefaultDays = 7;
constexpr std::int64_t kMaxDays = 3'650;
constexpr std::int64_t kDefaultAlerts = 2'000'000;
constexpr std::int64_t kMaxAlerts = 50'000'000;

json progress_json(const Backtest& backtest)
{
    const auto& progress = backtest.progress;
    json percent = nullptr;
    if (progress.alerts_total > 0) {
        const auto share = static_cast<double>(progress.alerts_read) / static_cast<double>(progress.alerts_total);
        percent = std::floor(std::min(share, 1.0) * 1'000) / 10;
    } else if (backtest.state == ports::BacktestState::done) {
        percent = 100;
    }
    return {{"alerts_read", progress.alerts_read},
            {"alerts_total", progress.alerts_total},
            {"rate", progress.rate},
            {"percent", std::move(percent)}};
}

json backtest_json(const Backtest& backtest)
{
    return {{"id", backtest.id.str()},
            {"state", to_string(backtest.state)},
            {"from", format_rfc3339(backtest.from)},
            {"until", format_rfc3339(backtest.until)},
            {"max_alerts", backtest.max_alerts},
            {"draft_rules", backtest.draft_rules},
            {"live_rules", backtest.live_rules},
            {"created_at", format_rfc3339(backtest.created_at)},
            {"created_by", backtest.created_by},
            {"started_at", time_json(backtest.started_at)},
            {"finished_at", time_json(backtest.finished_at)},
            {"error", backtest.error.empty() ? json(nullptr) : json(backtest.error)},
            {"progress", progress_json(backtest)},
            {"result", backtest.result.empty() ? json(nullptr) : json::parse(backtest.result)}};
}

/// A report outlives what the tenant keeps of the alerts that it tells of.
void leave_out_samples_before(Timestamp kept_from, json& result)
{
    const auto differences = result.find("difference");
    if (differences == result.end()) return;  // of one that was stopped before it had any
    for (auto& difference : *differences) {
        auto& samples = difference.at("samples").get_ref<json::array_t&>();
        std::erase_if(samples, [&](const json& sample) {
            const auto id = AlertId::parse(sample.at("alert_id").get<std::string>());
            const auto received_at = id ? domain::received_at_of(*id) : std::nullopt;
            return !received_at || *received_at < kept_from;
        });
    }
}

/// A rule as somebody wrote it; it keeps the id that he gave.
Rule drafted(RuleInput input)
{
    input.rule.id = input.id.value_or(RuleId());
    input.rule.position = input.position.value_or(0);
    return std::move(input.rule);
}

Result<RuleDraft> draft_of_rule(TenantSession& session, const json& document)
{
    std::vector<FieldError> errors;
    auto rule = drafted(read_rule(document, "/rule", errors));
    const auto missing = missing_groups(session, {{&rule, "/rule"}});
    if (!missing) return missing.error();
    merge_errors(errors, *missing, "");
    if (!errors.empty()) return Error(std::move(errors));
    return RuleDraft{.whole_set = false, .rules = {std::move(rule)}};
}

Result<RuleDraft> draft_of_set(const Call& call, TenantSession& session, const json& list)
{
    const auto groups = named_groups(session, list);
    if (!groups) return groups.error();
    auto inputs = sound_rules(*groups, list, "/ruleset", bounds_beside_stored(call, session));
    if (!inputs) return inputs.error();
    RuleDraft draft{.whole_set = true, .rules = {}};
    for (auto& input : *inputs) draft.rules.push_back(drafted(std::move(input)));
    return draft;
}

/// A stored rule is tested for what it does once it is in force.
Result<RuleDraft> draft_of_stored(TenantSession& session, RuleId id)
{
    auto stored = session.rules().find(id);
    if (!stored && stored.error().code() == ErrorCode::not_found) {
        return Error(std::vector<FieldError>{{.pointer = "/rule_id", .detail = "there is no such rule"}});
    }
    if (!stored) return stored.error();
    auto& rule = stored->rule;
    rule.enabled = true;
    rule.mode = domain::RuleMode::live;
    rule.position = 0;
    return RuleDraft{.whole_set = false, .rules = {std::move(rule)}};
}

void read_range(FieldReader& fields, Timestamp now, Backtest& backtest)
{
    const auto from = fields.timestamp("from");
    const auto until = fields.timestamp("until");
    const auto days = fields.integer("days", 1, kMaxDays);
    if (days && from) fields.error("days", R"(cannot stand beside "from")");
    backtest.until = std::min(until.value_or(now), now);  // what is to come has no history
    backtest.from = from.value_or(backtest.until - std::chrono::days(days.value_or(kDefaultDays)));
    if (backtest.from >= backtest.until) {
        fields.error(from ? "from" : "until", R"(must leave some time before "until" and now)");
    }
    backtest.max_alerts =
        static_cast<std::uint64_t>(fields.integer("max_alerts", 1, kMaxAlerts).value_or(kDefaultAlerts));
}

/// Reads the body: the one form of the draft that it has, and the rest of it into `backtest`.
Result<RuleDraft> read_start(const Call& call, TenantSession& session, const json& document, Backtest& backtest)
{
    FieldReader fields(document);
    const auto* rule = fields.any("rule");
    const auto* ruleset = rule_list(fields, "ruleset", call.services.tenant_limits.max_rules);
    const auto id = fields.id<RuleId>("rule_id");
    const int given = (rule != nullptr ? 1 : 0) + (ruleset != nullptr ? 1 : 0) + (fields.has("rule_id") ? 1 : 0);
    if (given != 1) fields.error("", R"(must have exactly one of "rule", "rule_id" and "ruleset")");
    read_range(fields, call.now, backtest);
    if (const auto read = fields.finish(); !read) return read.error();
    if (rule != nullptr) return draft_of_rule(session, *rule);
    return ruleset != nullptr ? draft_of_set(call, session, *ruleset) : draft_of_stored(session, *id);
}

Result<Response> start_backtest(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    Backtest backtest;
    const auto draft = read_start(call, session, *document, backtest);
    if (!draft) return draft.error();

    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto& limits = call.services.tenant_limits;
    const auto unfinished = session.backtests().count_unfinished();
    if (const auto room = has_room_beside(call, session, domain::Quota::unfinished_backtests, unfinished); !room) {
        return room.error();
    }
    const auto live = session.rules().all();
    if (!live) return live.error();
    const auto wanted = backtest::drafted_rules(*draft, *live, backtest.from, backtest.until);
    if (const auto allowed = check_allowance(wanted, limits, *live); !allowed) return allowed.error();
    backtest.id = BacktestId(call.services.new_id());
    backtest.draft_rules = wanted.size();
    backtest.live_rules = live->size();
    backtest.created_at = call.now;
    backtest.created_by = call.who.actor();
    if (const auto stored = session.backtests().insert(backtest, *draft); !stored) return stored.error();
    auto response = json_response(202, backtest_json(backtest));
    response.set("Location", "/api/v1/rules/backtests/" + backtest.id.str());
    return response;
}

Result<Response> list_backtests(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<BacktestId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.backtests().page(after, most); },
        [](const Backtest& backtest) {
            auto item = backtest_json(backtest);
            item.erase("result");
            return item;
        });
}

Result<Response> get_backtest(const Call& call, TenantSession& session)
{
    const auto id = call.id<BacktestId>();
    if (!id) return id.error();
    const auto found = session.backtests().find(*id);
    if (!found) return found.error();
    auto document = backtest_json(*found);
    if (!document["result"].is_null()) {
        const auto kept_from = session.alerts().kept_from();
        if (!kept_from) return kept_from.error();
        leave_out_samples_before(*kept_from, document["result"]);
    }
    return shown(call, document, found->revision);
}

Result<Response> cancel_backtest(const Call& call, TenantSession& session)
{
    const auto id = call.id<BacktestId>();
    if (!id) return id.error();
    if (const auto done = session.backtests().cancel_or_remove(*id); !done) return done.error();
    return no_content();
}

}  // namespace

std::vector<Route> backtest_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/rules/backtests", read_rules, "listBacktests", list_backtests, nullptr, false, false, true},
        {"POST", "/api/v1/rules/backtests", write_rules, "startBacktest", start_backtest, nullptr, true},
        {"GET", "/api/v1/rules/backtests/{id}", read_rules, "getBacktest", get_backtest, nullptr, false, false, true},
        {"DELETE", "/api/v1/rules/backtests/{id}", write_rules, "cancelBacktest", cancel_backtest},
    };
}

}  // namespace winnow::api
