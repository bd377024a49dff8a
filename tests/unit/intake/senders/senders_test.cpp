/// @file
/// The table of senders holds together: whoever adds a row is told here what is missing.

#include "winnow/intake/sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace winnow::intake {
namespace {

using nlohmann::json;

/// Every path of every sender.
std::vector<std::pair<const Sender*, const SenderPath*>> all_paths()
{
    std::vector<std::pair<const Sender*, const SenderPath*>> paths;
    for (const auto* sender : senders()) {
        for (const auto& path : sender->paths) paths.emplace_back(sender, &path);
    }
    return paths;
}

const Sender& sender_called(std::string_view name)
{
    const auto found = std::ranges::find(senders(), name, [](const Sender* sender) { return sender->name; });
    return **found;
}

const SenderPath& path_called(std::string_view operation_id)
{
    for (const auto& [sender, path] : all_paths()) {
        if (path->place.operation_id == operation_id) return *path;
    }
    throw std::out_of_range(std::string(operation_id));
}

TEST(Senders, HaveNamesOfTheirOwn)
{
    std::set<std::string_view> names;
    for (const auto* sender : senders()) {
        EXPECT_THAT(std::string(sender->name), testing::MatchesRegex("[a-z][a-z0-9_]*"));
        EXPECT_TRUE(names.insert(sender->name).second) << sender->name;
        EXPECT_FALSE(sender->paths.empty()) << sender->name;
    }
    EXPECT_TRUE(names.contains("native") && names.contains("alertmanager") && names.contains("grafana"));
    EXPECT_TRUE(names.contains("uom"));
}

TEST(Senders, HavePathsAndOperationsOfTheirOwn)
{
    std::set<std::pair<std::string_view, std::string_view>> patterns;
    std::set<std::string_view> operations;
    for (const auto& [sender, path] : all_paths()) {
        EXPECT_TRUE(path->place.pattern.starts_with('/')) << sender->name;
        for (const auto& [pattern, operation_id] : {path->place, path->with_token}) {
            if (pattern.empty()) continue;
            EXPECT_TRUE(patterns.emplace(path->method, pattern).second) << pattern;
            EXPECT_TRUE(operations.insert(operation_id).second) << operation_id;
            EXPECT_FALSE(operation_id.empty()) << pattern;
        }
    }
}

TEST(Senders, ShowTheirKeyInThePathOnlyWhereItSaysSo)
{
    for (const auto& [sender, path] : all_paths()) {
        EXPECT_FALSE(path->place.pattern.contains("{token}")) << path->place.pattern;
        if (!path->with_token.pattern.empty()) {
            EXPECT_TRUE(path->with_token.pattern.contains("/{token}/")) << path->with_token.pattern;
        }
    }
}

TEST(Senders, AreShownAUrlThatLeadsToThemUnderANameOfItsOwn)
{
    std::set<std::string_view> names;
    for (const auto* sender : senders()) {
        const auto [name, pattern] = keyed_url(*sender);
        EXPECT_THAT(std::string(name), testing::MatchesRegex("[a-z][a-z0-9_]*"));
        EXPECT_TRUE(names.insert(name).second) << name;
        const bool leads_there = std::ranges::any_of(
            sender->paths, [&](const SenderPath& path) { return path.with_token.pattern.starts_with(pattern); });
        EXPECT_TRUE(leads_there) << pattern;
        if (!pattern.empty()) EXPECT_TRUE(pattern.starts_with("/i/{token}/")) << pattern;
    }
    EXPECT_EQ(keyed_url(sender_called("native")).name, "alerts");
    EXPECT_EQ(keyed_url(sender_called("native")).pattern, "/i/{token}/alerts");
    EXPECT_EQ(keyed_url(sender_called("alertmanager")).pattern, "/i/{token}/am") << "what sends there adds the rest";
    EXPECT_EQ(keyed_url(sender_called("grafana")).pattern, "/i/{token}/grafana");
}

TEST(Senders, EitherTakeAlertsAtAPathOrReply)
{
    for (const auto& [sender, path] : all_paths()) {
        const bool takes = !path->formats.empty() && path->answer != nullptr;
        EXPECT_NE(takes, path->reply != nullptr) << path->place.pattern;
        EXPECT_EQ(path->formats.empty(), path->answer == nullptr) << path->place.pattern;
        // What the connection refuses finds them by it, or by the one beside it.
        const bool is_posted = std::ranges::any_of(all_paths(), [&path](const auto& other) {
            return other.second->method == "POST" && other.second->place.pattern == path->place.pattern;
        });
        if (takes) EXPECT_TRUE(is_posted) << path->place.pattern;
        for (const auto& format : path->formats) {
            EXPECT_NE(format.parse, nullptr) << path->place.pattern;
            // Behind one that takes whatever it is called nothing is ever asked for; and a refusal names types.
            EXPECT_TRUE(!format.media_types.empty() || path->formats.size() == 1) << path->place.pattern;
        }
    }
}

TEST(Senders, AnswerARepeatAsTheFirst)
{
    const ItemOutcomes taken{.refusals = {std::nullopt}, .warnings = {}};
    for (const auto& [sender, path] : all_paths()) {
        if (!path->takes_idempotency_key) continue;
        const auto reply = path->answer({.receipt = domain::ReceiptId(), .ids = {}, .items = taken});
        EXPECT_EQ(reply.status, 202) << path->place.pattern;  // journal::Once has it so, and keeps only the body
        EXPECT_EQ(reply.content_type, "application/json") << path->place.pattern;
        EXPECT_TRUE(reply.headers.empty()) << path->place.pattern;
    }
}

TEST(Senders, WhoseOwnProtocolNamesARepeatAnswerItWithTheFirstOnesBody)
{
    const ItemOutcomes taken{.refusals = {std::nullopt}, .warnings = {}};
    for (const auto& [sender, path] : all_paths()) {
        if (path->once == nullptr) continue;
        EXPECT_FALSE(path->takes_idempotency_key) << path->place.pattern << ": one of the two names it";
        const auto reply = path->answer({.receipt = domain::ReceiptId(), .ids = {}, .items = taken});
        EXPECT_EQ(reply.status, path->once_status) << path->place.pattern;
        EXPECT_EQ(reply.content_type, "application/json") << path->place.pattern;
    }
}

TEST(Senders, ThatAreSignedShowNoKey)
{
    for (const auto& [sender, path] : all_paths()) {
        if (path->is_form) EXPECT_EQ(path->method, "POST") << path->place.pattern;
        if (!sender->is_signed) continue;
        EXPECT_TRUE(path->with_token.pattern.empty()) << path->place.pattern;
        EXPECT_TRUE(sender->credentials.schemes.empty() && sender->credentials.parameters.empty()) << sender->name;
        EXPECT_NE(sender->refuse, nullptr) << sender->name;
    }
    EXPECT_TRUE(sender_called("uom").is_signed);
}

TEST(Senders, WithAFormOfTheirOwnHaveARootAboveEachPath)
{
    for (const auto& [sender, path] : all_paths()) {
        if (sender->refuse == nullptr) continue;
        EXPECT_EQ(sender_at(path->place.pattern), sender) << path->place.pattern;
        if (!path->with_token.pattern.empty()) EXPECT_EQ(sender_at(path->with_token.pattern), sender);
    }
}

TEST(Senders, HaveRootsThatNoneOfTheOthersIsBelow)
{
    for (const auto* sender : senders()) {
        for (const auto root : sender->roots) {
            EXPECT_TRUE(root.starts_with('/') && !root.ends_with('/') && !root.contains('{')) << root;
            EXPECT_EQ(sender_at(root), sender) << root;
            EXPECT_EQ(sender_at(std::string(root) + "/no/such/thing"), sender) << root;
            EXPECT_EQ(sender_at("/i/wnk_x" + std::string(root)), sender) << root;
            EXPECT_NE(sender_at(std::string(root) + "x"), sender) << root;
        }
    }
}

TEST(Senders, RefuseInTheirFormWhateverIsWrong)
{
    const std::vector<FieldError> fields{{.pointer = "/a", .code = "invalid_field", .detail = "must \"hold\" b"}};
    for (const auto* sender : senders()) {
        if (sender->refuse == nullptr) continue;
        for (const int status : {400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 503, 507}) {
            const auto reply = sender->refuse({.status = status,
                                               .code = "some_code",
                                               .detail = "/a must \"hold\" b",
                                               .fields = fields,
                                               .request_id = "r-1"});
            EXPECT_GE(reply.status, 400) << sender->name;
            EXPECT_EQ(reply.status >= 500, status >= 500) << sender->name << ": who comes again must, and only then";
            EXPECT_FALSE(reply.content_type.empty() || reply.body.empty()) << sender->name << " " << status;
            if (reply.content_type == "application/json") EXPECT_TRUE(json::accept(reply.body)) << reply.body;
        }
    }
}

TEST(Senders, AreRecognisedAtAnothersDoor)
{
    for (const auto* sender : senders()) {
        for (const auto& sign : sender->signs) {
            json body = json::object();
            for (const auto member : sign.members) {
                if (!member.empty()) body[member] = "x";
            }
            const auto says = recognise_foreign(body.dump());
            EXPECT_TRUE(says.starts_with(sign.says)) << says;
            const auto names_a_path = std::ranges::any_of(
                sender->paths, [&](const SenderPath& path) { return says.contains(path.place.pattern); });
            EXPECT_TRUE(names_a_path) << says;
        }
    }
}

TEST(Alertmanager, AnswersNothingOrWhatIsWrongWithTheFirstBadAlert)
{
    const auto& path = path_called("sendAlertmanagerAlerts");
    const ItemOutcomes good{.refusals = {std::nullopt}, .warnings = {}};
    const auto fine = path.answer({.receipt = domain::ReceiptId(), .ids = {}, .items = good});
    EXPECT_EQ(std::tuple(fine.status, fine.content_type, fine.body), std::tuple(200, "", ""));
    ASSERT_EQ(fine.headers.size(), 1U);
    EXPECT_EQ(fine.headers.front().first, "Winnow-Receipt");

    const ItemOutcomes mixed{.refusals = {std::nullopt, FieldError{.pointer = "/1", .detail = "has no \"labels\""},
                                          FieldError{.pointer = "/2", .detail = "neither"}},
                             .warnings = {}};
    const auto bad = path.answer({.receipt = domain::ReceiptId(), .ids = {}, .items = mixed});
    EXPECT_EQ(std::tuple(bad.status, bad.body), std::tuple(400, R"("/1 has no \"labels\"")"));
    EXPECT_EQ(bad.headers.size(), 1U) << "the good one was kept";

    const auto none = path.answer({.receipt = {}, .ids = {}, .items = {}});
    EXPECT_EQ(std::tuple(none.status, none.body, none.headers.size()), std::tuple(200, "", 0U));
}

TEST(Alertmanager, RefusesWithAStringWithoutThe422ThatItDoesNotKnow)
{
    const auto& sender = sender_called("alertmanager");
    const auto reply = sender.refuse({.status = 422, .code = "invalid_field", .detail = "no \"labels\""});
    EXPECT_EQ(std::tuple(reply.status, reply.body), std::tuple(400, R"("no \"labels\"")"));
    const auto wide = std::string(2'047, 'x') + "é";
    EXPECT_EQ(json::parse(sender.refuse({.status = 404, .code = "x", .detail = wide}).body).get<std::string>(),
              std::string(2'045, 'x') + "…");
}

TEST(Alertmanager, SaysWhatItsClientsAskFirst)
{
    const auto reply = path_called("getAlertmanagerStatus").reply();
    const auto status = json::parse(reply.body);
    EXPECT_EQ(status["cluster"], (json{{"status", "disabled"}, {"peers", json::array()}}));
    EXPECT_EQ(status["config"]["original"], "route:\n  receiver: winnow\nreceivers:\n- name: winnow\n");
    EXPECT_EQ(status["versionInfo"]["version"], "0.28.0");
    EXPECT_EQ(status["uptime"], "1970-01-01T00:00:00.000Z");
}

TEST(Webhooks, AreAnsweredWithTheReceiptAlsoInAHeader)
{
    const ItemOutcomes good{.refusals = {std::nullopt}, .warnings = {}};
    for (const auto* operation : {"sendAlertmanagerWebhook", "sendGrafanaWebhook"}) {
        const auto& path = path_called(operation);
        const auto reply = path.answer({.receipt = domain::ReceiptId(), .ids = {}, .items = good});
        EXPECT_EQ(reply.status, 202);
        EXPECT_EQ(json::parse(reply.body)["accepted"], 1);
        ASSERT_EQ(reply.headers.size(), 1U);
        EXPECT_EQ(json::parse(reply.body)["receipt_id"], reply.headers.front().second);
        const auto none = path.answer({.receipt = {}, .ids = {}, .items = {}});
        EXPECT_EQ(std::tuple(none.status, none.body, none.headers.size()),
                  std::tuple(200, R"({"receipt_id":null,"accepted":0,"rejected":0,"results":[]})", 0U));
        EXPECT_EQ(std::pair(path.too_fast, path.too_much), std::pair(503, 503)) << "they give up on 429";
    }
}

/// A head without anything.
class NoFields final : public RequestFields {
public:
    [[nodiscard]] std::string_view header(std::string_view /*name*/) const override { return ""; }
    [[nodiscard]] std::optional<std::string> query(std::string_view /*name*/) const override { return {}; }
    [[nodiscard]] std::string_view parameter(std::string_view /*name*/) const override { return ""; }
};

TEST(Native, IsReadAsItsContentTypeSaysAndExplainsWhatWasMeant)
{
    const auto& path = path_called("sendAlerts");
    ASSERT_EQ(path.formats.size(), 2U);
    const auto& [whole, lines] = std::pair(path.formats[0], path.formats[1]);
    const NoFields fields;
    const Origin origin{};
    const domain::AlertLimits limits;
    const std::string two = "{\"title\":\"a\"}\n{\"title\":\"b\"}\n";
    const auto read = [&](const Format& format, std::string_view body) {
        return format.parse(
            {.body = body, .fields = fields, .origin = origin, .limits = limits, .resolve_timeout = {}});
    };
    EXPECT_EQ(read(lines, two)->size(), 2U);
    EXPECT_FALSE(read(lines, "\n\xEF\xBB\xBF\n")) << "a batch of nothing is no native batch";
    const auto refused = read(whole, two);
    ASSERT_FALSE(refused);
    auto reasons = refused.error().fields();
    whole.explain(reasons, two);
    EXPECT_THAT(reasons.front().detail, testing::HasSubstr("application/x-ndjson"));

    std::vector<FieldError> foreign{{.pointer = "/title", .detail = "is required"}};
    lines.explain(foreign, R"({"labels":{},"startsAt":"x"})");
    ASSERT_EQ(foreign.size(), 2U);
    EXPECT_EQ(foreign.front().code, "foreign_format");
}

}  // namespace
}  // namespace winnow::intake
