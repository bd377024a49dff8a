#pragma once

/// @file
/// Everything that is ours, and all questions by which others could meet it: what layers_test.cpp takes layers away
/// from.

#include "integration/api/tenants.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>

namespace winnow::test {

inline constexpr auto kMark = "canary-of-ours";
inline constexpr auto kTicket = "0199c0de-0000-7000-8000-0000000000c1";
inline constexpr auto kDelivery = "0199c0de-0000-7000-8000-0000000000d1";
inline constexpr auto kOwn = "(tenant_id = (select current_tenant()))";

class Layers : public Tenants {
protected:
    /// Something asked for by its id, or a list, with what is ours in path or body.
    struct Question {
        std::string_view method;
        std::string target;
        json body;
        bool is_denied_by_status;  ///< A list is not: it has nothing of ours in it.

        [[nodiscard]] std::string text() const { return std::string(method) + ' ' + target + ' ' + body.dump(); }
    };

    Layers()
    {
        make_configuration();
        make_history();
        std::istringstream words(sql(
            "select string_agg(tablename, ' ' order by tablename) from pg_policies where policyname = 'own_tenant'"));
        for (std::string table; words >> table;) tables_.push_back(table);
        for (const auto& table : tables_) {
            if (table == "audit" || table == "audit_heads") continue;  // what we ask for ourselves is recorded
            rows_ += rows_.empty() ? "select md5(string_agg(d, ';')) from (" : " union all ";
            rows_ += "select coalesce(md5(string_agg(t::text, ';' order by t::text)), '-') as d from " + table +
                     " t where tenant_id = '" + ours_.str() + "'";
        }
        rows_ += ") all_of_them";
        ask_for_all();
        before_ = sql(rows_);
    }

    void make_configuration()
    {
        const auto contact = made("/contacts", {{"name", kMark}, {"type", "email"}, {"address", "c@example.com"}});
        const auto group = made("/contact-groups", {{"name", kMark}, {"contact_ids", {contact}}});
        const json actions{{{"type", "route"}, {"contact_group_ids", {group}}}};
        const auto rule = made("/rules", a_rule(kMark, {{"actions", actions}}));
        const auto integration = post("/integrations", {{"name", kMark}}).body;
        EXPECT_EQ(patch("/settings", {{"default_route", {group}}}).status, 200);
        key_ = integration["key"]["id"];
        const auto alert = domain::alert_id_at({.row = {.received_at = now_, .stream = 7, .seq = 1}, .index = 0}).str();
        const json provider{
            {"name", kMark}, {"issuer", "https://i.example"}, {"client_id", "w"}, {"client_secret", "s"}};
        ids_ = {
            {"alerts", alert},
            {"receipts", alert + ".1"},
            {"tickets", kTicket},
            {"deliveries", kDelivery},
            {"contacts", contact},
            {"contact-groups", group},
            {"rules", rule},
            {"integrations", integration["id"]},
            {"management-groups", made("/management-groups", {{"name", kMark}})},
            {"users", viewer_},
            {"api-keys", made("/api-keys", {{"name", kMark}})},
            {"access-keys", made("/access-keys", {{"name", kMark}})},
            {"scim-tokens", made("/scim-tokens", {{"name", kMark}})},
            {"rules/backtests", post("/rules/backtests", {{"rule_id", rule}}).id()},
            {"exports", post("/exports", json::object()).id()},
            {"imports", post("/imports", json::object()).id()},
            {"silences", made("/silences", a_silence())},
            {"maintenance-windows", made("/maintenance-windows", a_window())},
            {"inhibitions", made("/inhibitions", an_inhibition())},
            {"oidc-providers", made("/oidc-providers", provider)},
            {"me/sessions", a_session(viewer_)},
            {"me/factors", a_factor(viewer_)},
            {"announcements", an_announcement(kMark)},
            {"inquiries", made("/inquiries", {{"subject", kMark}, {"text", kMark}})},
            {"support-grants", a_support_grant(std::string(kMark) + ", and for a good reason")},
        };
    }

    static json a_silence()
    {
        return {{"matchers", R"(env="prod")"}, {"ends_at", "2026-11-23T08:00:00Z"}, {"comment", kMark}};
    }
    static json a_window()
    {
        return {{"name", kMark},
                {"matchers", R"(env="prod")"},
                {"starts_at", "2026-11-23T08:00:00Z"},
                {"duration", "PT2H"}};
    }
    static json an_inhibition()
    {
        return {{"name", kMark}, {"source_matchers", R"(a="b")"}, {"target_matchers", R"(c="d")"}};
    }

    /// What triage and the dispatcher would have written.
    void make_history()
    {
        const auto t = "'" + ours_.str() + "', ";
        const auto ticket = "'" + std::string(kTicket) + "', ";
        const std::string at = "'2026-11-23T06:00:00Z'";
        const std::string mark = "'" + std::string(kMark) + "'";
        sql("update tenant_settings set journal_retention_days = 3650 where tenant_id = '" + ours_.str() + "'");
        sql("select make_day_partitions('2026-11-20', 6)");
        sql("select make_access_partitions((now() at time zone 'UTC')::date, 1)");
        sql("insert into access_log (tenant_id, object) values (" + t + mark + ")");
        sql("insert into source_networks (tenant_id, keys) values (" + t + "'{10.0.0.0/8}')");
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, event_seq) values (" +
            t + ticket + "1, 'open', 1, " + mark + ", 'k', 1, " + at + ", " + at + ", " + at + ", 1)");
        sql("insert into ticket_events values (" + t + ticket + "1, 'commented', " + at + ", 'user:x', '{\"text\": \"" +
            kMark + "\"}')");
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, state) "
            "values (" +
            t + "'" + kDelivery + "', " + ticket + "1, 'opened', '" + ids_["contacts"] + "', 'dead')");
        sql("insert into notices (tenant_id, ticket_id, event_seq, content, public_url) values (" + t + ticket +
            "1, '{\"type\": \"" + kMark + "\"}', '')");
        sql("update exports set state = 'ready', finished_at = now(), bytes = 3, parts = 1");
        sql("insert into export_parts (tenant_id, export_id, number, bytes) values (" + t + "'" + ids_["exports"] +
            "', 0, '" + kMark + "')");
        sql("insert into user_identities (tenant_id, provider_id, subject, user_id, managed) values (" + t + "'" +
            ids_["oidc-providers"] + "', 'vic', '" + viewer_ + "', true)");
        sql("insert into rule_stats (tenant_id, rule_id, matched) values (" + t + "'" + ids_["rules"] + "', 7)");
        sql("insert into suppression_stats (tenant_id, cause_id, matched) values (" + t + "'" + ids_["silences"] +
            "', 7)");
        sql("insert into noise_counts (tenant_id, hour, kind, key, received) values (" + t +
            "'2026-11-22T06:00:00Z', 'total', '', 7)");
        sql("insert into noise_deltas (tenant_id, hour, kinds, keys, outcomes, counts) values (" + t +
            "'2026-11-22T06:00:00Z', '{total}', '{\"\"}', '{held}', '{1}')");
        sql("insert into set_asides values (" + t + "'rule', '" + ids_["rules"] +
            "', 1, '{\"recent\": [[1795413600000, 6000000]], \"set_aside\": [1795413600000], \"overruns\": 5, "
            "\"sum_ns\": 30000000, \"most_ns\": 7500000, \"last_alert\": \"0199c0de-0000-8000-8000-000000000001\"}', "
            "'2026-11-23T06:15:00Z', false, now())");

        domain::Alert alert;
        alert.title = kMark;
        alert.dedup_key = "k";
        alert.received_at = now_;
        std::string line;
        intake::append_canonical(alert, line);
        const auto bytes = [](const std::string& raw) {
            return "'\\x" + crypto::to_hex(raw) + "'";
        };
        sql("insert into journal values (" + t + at + ", 7, 1, 1, " + bytes(journal::encode_rows(line + '\n')) + ")");
        const domain::Verdict verdict{.disposition = domain::Disposition::ticketed,
                                      .effect = domain::TicketEffect::opened,
                                      .ticket_id = TicketId::parse(kTicket),
                                      .matches = {{.rule_id = *RuleId::parse(ids_["rules"]), .version = 1}},
                                      .dedup_key = "k"};
        sql("insert into verdicts values (" + t + at + ", 7, 1, " + bytes(journal::encode_verdicts({verdict})) + ")");
    }

    /// A body that would do where the object is one's own.
    [[nodiscard]] json body(std::string_view method, std::string_view path) const
    {
        if (method == "GET" || method == "DELETE" || path.ends_with("/keys") || path.ends_with("/retry"))
            return nullptr;
        if (path.ends_with("/comments") || path.ends_with("/messages")) return {{"text", "x"}};
        if (path.ends_with("/transitions")) return {{"to", "closed"}};
        if (path.ends_with("/parent")) return {{"parent_id", kDelivery}};
        if (path.ends_with("/management-group")) return {{"management_group_id", ids_.at("management-groups")}};
        if (method == "PATCH") return path.starts_with("/tickets") ? json{{"priority", "x"}} : json{{"name", "x"}};
        if (path.starts_with("/silences")) return a_silence();
        if (path.starts_with("/maintenance-windows")) return a_window();
        if (path.starts_with("/inhibitions")) return an_inhibition();
        if (path.starts_with("/rules")) return a_rule("taken over");
        if (path.starts_with("/contacts")) return {{"name", "x"}, {"type", "email"}, {"address", "x@example.com"}};
        if (path.starts_with("/contact-groups")) return {{"name", "x"}, {"contact_ids", json::array()}};
        return {{"name", "x"}};
    }

    /// The question that a route stands for; none of a collection's, but for GET.
    void ask_for(const api::Route& route)
    {
        auto path = std::string(route.pattern.substr(std::string_view("/api/v1").size()));
        const bool names_object = path.contains("{id}");
        if (route.method != "GET" && !names_object) return;
        if (names_object) {
            const auto at = path.find("{id}");
            const auto found = ids_.find(path.substr(1, at - 2));
            if (found == ids_.end()) {
                ADD_FAILURE() << route.pattern << ": put one of these into ids_";
                return;
            }
            path.replace(at, 4, found->second);
        }
        for (const auto& [name, value] : {std::pair<std::string, std::string>{"{key_id}", key_}, {"{version}", "1"}}) {
            if (const auto at = path.find(name); at != std::string::npos) path.replace(at, name.size(), value);
        }
        const auto sent = body(route.method, path.substr(0, path.find('?')));
        questions_.push_back({route.method, path, sent, names_object});
    }

    void ask_for_all()
    {
        for (const auto& entry : customer_router().routes()) {
            if (entry.special == api::Special::none && entry.route.pattern.starts_with("/api/v1/"))
                ask_for(entry.route);
        }
        const json routes{{{"type", "route"}, {"contact_group_ids", {ids_["contact-groups"]}}}};
        const std::vector<Question> references{
            {"POST", "/rules", a_rule("x", {{"actions", routes}}), true},
            {"POST", "/rules/reorder", {{"ids", {ids_["rules"]}}}, true},
            {"POST", "/rules/test", {{"rule_id", ids_["rules"]}, {"alert", {{"title", "t"}}}}, true},
            {"POST", "/rules/backtests", {{"rule_id", ids_["rules"]}}, true},
            {"POST", "/contact-groups", {{"name", "x"}, {"contact_ids", {ids_["contacts"]}}}, true},
            {"PATCH", "/settings", {{"default_route", {ids_["contact-groups"]}}}, true},
            {"POST", "/api-keys", {{"user_id", viewer_}}, true},
            {"POST",
             "/users",
             {{"email", "x@example.com"},
              {"name", "x"},
              {"role", "viewer"},
              {"state", "invited"},
              {"oidc_provider_id", ids_["oidc-providers"]}},
             true},
            {"POST", "/tickets/bulk", {{"ids", {kTicket}}, {"patch", {{"priority", "x"}}}}, false},
            {"GET", "/alerts?ticket_id=" + std::string(kTicket), nullptr, false},
            {"GET", "/alerts?rule_id=" + ids_["rules"], nullptr, false},
            {"GET", "/deliveries?ticket_id=" + std::string(kTicket), nullptr, false},
            {"GET", "/tickets?q=" + std::string(kMark), nullptr, false},
        };
        questions_.insert(questions_.end(), references.begin(), references.end());
    }

    [[nodiscard]] bool tells_of_ours(const Question& question, std::string text) const
    {
        const auto asked = question.text();
        // Their own log names the export that they asked for in vain: ours.
        if (question.target.starts_with("/audit-log")) {
            const auto named = "export:" + ids_.at("exports");
            for (auto at = text.find(named); at != std::string::npos; at = text.find(named))
                text.erase(at, named.size());
        }
        if (text.contains(kMark) && !asked.contains(kMark)) return true;
        return std::ranges::any_of(
            ids_, [&](const auto& each) { return text.contains(each.second) && !asked.contains(each.second); });
    }

    /// Asks everything as `who_`, and reports.
    void expect_denied(const std::string& without)
    {
        std::size_t denied = 0;
        for (const auto& question : questions_) {
            const auto answered = call(question.method, question.target, question.body);
            const bool tells = tells_of_ours(question, answered.text);
            if (!tells && (answered.status >= 400 || !question.is_denied_by_status)) {
                ++denied;
                continue;
            }
            ADD_FAILURE() << "without " << without << ": " << question.text() << ": " << answered.status << ' '
                          << answered.text;
        }
        EXPECT_EQ(sql(rows_), before_) << "without " << without << " something of ours was changed";
        probes_ += questions_.size();
        denied_ += denied;
    }

    /// One line of the report.
    void report(const std::string& layer)
    {
        std::cout << "layer taken away: " << layer << ": " << probes_ << " probes, " << denied_ << " denied"
                  << std::endl;
        EXPECT_GE(probes_, 60U);
    }

    void open(const std::string& table)
    {
        sql("alter policy own_tenant on " + table + " using (true) with check (true)");
    }
    void close(const std::string& table)
    {
        sql("alter policy own_tenant on " + table + " using " + kOwn + " with check " + kOwn);
    }

    /// From here on the policies take every session for this tenant's, whatever the statements ask for.
    void believe(TenantId tenant)
    {
        sql("create or replace function current_tenant() returns uuid language sql stable security definer "
            "set search_path = public, pg_temp as $$ select '" +
            tenant.str() + "'::uuid $$");
    }

    std::map<std::string, std::string> ids_;
    std::string key_;
    std::vector<std::string> tables_;  ///< Those with a policy.
    std::vector<Question> questions_;
    std::string rows_;    ///< A digest of all rows of ours.
    std::string before_;  ///< As it was.
    std::size_t probes_ = 0;
    std::size_t denied_ = 0;
};

}  // namespace winnow::test
