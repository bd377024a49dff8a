/// @file
/// SendAlert: what becomes of its ten parameters, in both styles.

#include "winnow/base/time.hpp"
#include "winnow/intake/sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace winnow::intake {
namespace {

using domain::Alert;
using domain::AlertStatus;
using domain::Severity;
using nlohmann::json;
using testing::HasSubstr;

using Parameters = std::map<std::string, std::string>;

const Timestamp kNow = *parse_rfc3339("2015-03-30T06:00:00Z");

class Query final : public RequestFields {
public:
    explicit Query(Parameters parameters) : parameters_(std::move(parameters)) {}

    [[nodiscard]] std::string_view header(std::string_view /*name*/) const override { return ""; }
    [[nodiscard]] std::optional<std::string> query(std::string_view name) const override
    {
        const auto found = parameters_.find(std::string(name));
        return found == parameters_.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] std::string_view parameter(std::string_view /*name*/) const override { return ""; }

private:
    const Parameters parameters_;
};

const SenderPath& path_called(std::string_view operation)
{
    for (const auto* sender : senders()) {
        const auto found =
            std::ranges::find(sender->paths, operation, [](const SenderPath& path) { return path.place.operation_id; });
        if (found != sender->paths.end()) return *found;
    }
    throw std::out_of_range(std::string(operation));
}

/// As the manual has it.
Parameters example()
{
    return {{"Action", "SendAlert"},
            {"ServiceCode", "uom12345678"},
            {"NodeName", "testnode_001"},
            {"MonitoringId", "12345"},
            {"DetectionMessage", "Mar 30 01:30:10 testnode_001 root: cron failed."},
            {"Explanation", "System Error"},
            {"ObstacleDetectionTime", "20150330013010"},
            {"Severity", "1"},
            {"MessageId", "msgid00001"},
            {"MessageGroup", "Log Detail"},
            {"SurveillanceServer", "surveillance_server"}};
}

/// A request in one of the two styles.
struct Styled {
    const SenderPath& path;
    Query query;
    std::string body;
    Origin origin{IntegrationId(Uuid::from_words(1, 2)), "old senders", kNow};
    domain::AlertLimits limits = {};

    [[nodiscard]] Sent sent() const
    {
        return {.body = body, .fields = query, .origin = origin, .limits = limits, .resolve_timeout = {}};
    }
    [[nodiscard]] Result<Batch> parse() const { return path.formats.front().parse(sent()); }
    [[nodiscard]] std::string name() const { return path.once(sent()); }
};

Styled by_query(const Parameters& parameters)
{
    return {.path = path_called("sendUomAlertByQuery"), .query = Query(parameters), .body = ""};
}

Styled by_rest(const std::string& body)
{
    return {.path = path_called("sendUomAlert"), .query = Query({}), .body = body};
}

Alert alert_of(const Result<Batch>& batch)
{
    if (!batch || batch->size() != 1 || !std::holds_alternative<Alert>(batch->front())) {
        ADD_FAILURE() << "no alert" << (batch ? "" : ": " + batch.error().message());
        return {};
    }
    return std::get<Alert>(batch->front());
}

TEST(SendAlert, BecomesAnAlertWithAllThatItSaid)
{
    const auto alert = alert_of(by_query(example()).parse());
    EXPECT_EQ(alert.title, "System Error");
    EXPECT_EQ(alert.description, "Mar 30 01:30:10 testnode_001 root: cron failed.");
    EXPECT_EQ(alert.source, "testnode_001");
    EXPECT_EQ(alert.class_name, "12345");
    EXPECT_EQ(alert.group, "Log Detail");
    EXPECT_EQ(alert.severity, Severity::critical);
    EXPECT_EQ(alert.status, AlertStatus::firing);
    EXPECT_EQ(alert.starts_at, parse_rfc3339("2015-03-29T16:30:10Z")) << "it is told in the time of Japan";
    EXPECT_EQ(*alert.labels.find("target"), "testnode_001");
    EXPECT_EQ(*alert.labels.find("monitoring_id"), "12345");
    EXPECT_EQ(*alert.labels.find("surveillance_server"), "surveillance_server");
    EXPECT_TRUE(alert.warnings.empty());
    auto told = example();
    told.erase("Action");
    EXPECT_EQ(json::parse(alert.details).get<Parameters>(), told);
}

TEST(SendAlert, IsTheSameInBothStyles)
{
    const auto query = by_query(example());
    const auto rest = by_rest(json(example()).dump());
    EXPECT_EQ(alert_of(query.parse()), alert_of(rest.parse()));
    EXPECT_EQ(query.name(), rest.name());
}

TEST(SendAlert, OfSeverityFiveEndsWhatTheSameNodeAndCheckBegan)
{
    const auto begun = alert_of(by_query(example()).parse());
    auto parameters = example();
    parameters["Severity"] = "5";
    parameters["Explanation"] = "all is well";
    const auto ended = alert_of(by_query(parameters).parse());
    EXPECT_EQ(ended.status, AlertStatus::resolved);
    EXPECT_EQ(ended.dedup_key, begun.dedup_key);
    for (const auto* other : {"NodeName", "MonitoringId"}) {
        auto another = parameters;
        another[other] += "1";
        EXPECT_NE(alert_of(by_query(another).parse()).dedup_key, begun.dedup_key) << other;
    }
    parameters["NodeName"] = "testnode_0011";
    parameters["MonitoringId"] = "2345";
    EXPECT_NE(alert_of(by_query(parameters).parse()).dedup_key, begun.dedup_key) << "where one ends counts";
    parameters["Severity"] = "2";
    EXPECT_EQ(alert_of(by_query(parameters).parse()).severity, Severity::warning);
}

TEST(SendAlert, IsTakenAsFarAsItCanBeUnderstood)
{
    auto parameters = example();
    parameters["Severity"] = "7";
    parameters["ObstacleDetectionTime"] = "20159930013010";
    parameters["Explanation"] = std::string(2'048, 'x');
    const auto alert = alert_of(by_query(parameters).parse());
    EXPECT_EQ(alert.severity, Severity::warning);
    EXPECT_EQ(alert.status, AlertStatus::firing);
    EXPECT_EQ(alert.starts_at, std::nullopt);
    std::vector<std::string> warned;
    for (const auto& warning : alert.warnings) warned.push_back(warning.code + " " + warning.pointer);
    EXPECT_THAT(warned, testing::UnorderedElementsAre("cut /Explanation", "left_out /ObstacleDetectionTime",
                                                      "unknown_word /Severity"));
    parameters.erase("Explanation");
    EXPECT_EQ(alert_of(by_query(parameters).parse()).title, parameters["DetectionMessage"]);
    parameters.erase("DetectionMessage");
    EXPECT_EQ(alert_of(by_query(parameters).parse()).title, "testnode_001");
}

TEST(SendAlert, OfAnyLengthIsCutAndNotRefused)
{
    const auto alert = alert_of(by_rest(json{{"DetectionMessage", std::string(500'000, 'x')}}.dump()).parse());
    const domain::AlertLimits limits;
    EXPECT_EQ(alert.title.size(), limits.max_title_chars + 2) << "the last of its characters is an ellipsis";
    EXPECT_LE(alert.details.size(), limits.max_alert_bytes);
    EXPECT_FALSE(alert.warnings.empty());
    const auto refused = by_rest(json{{"DetectionMessage", std::string(limits.max_body_bytes, 'x')}}.dump()).parse();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::too_large);
}

TEST(SendAlert, OfNothingIsRefusedWithWhatIsMissing)
{
    const auto batch = by_query({{"Action", "SendAlert"}, {"Severity", "1"}}).parse();
    ASSERT_TRUE(batch);
    const auto* refused = std::get_if<FieldError>(&batch->front());
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->pointer, "/Explanation");
}

TEST(SendAlert, InQueryStyleIsTheOnlyAction)
{
    for (const auto& action : {Parameters{}, Parameters{{"Action", "GetTicketDetail"}}}) {
        const auto styled = by_query(action);
        const auto batch = styled.parse();
        ASSERT_FALSE(batch);
        EXPECT_EQ(batch.error().fields().front().pointer, "/Action");
        EXPECT_EQ(styled.name(), "");
    }
}

TEST(SendAlert, InRestStyleIsAnObjectWhoseTextsCount)
{
    const auto alert =
        alert_of(by_rest(R"({"Explanation": "x", "Severity": 2, "NodeName": null, "MonitoringId": {"a": [1]},
                                            "Other": "y"})")
                     .parse());
    EXPECT_EQ(alert.title, "x");
    EXPECT_EQ(alert.severity, Severity::warning);
    EXPECT_EQ(alert.source, "");
    EXPECT_EQ(alert.class_name, "");
    for (const auto* wrong : {"", "[]", "7", "{\"Explanation\": \"x\"", "{\"Explanation\": \"x\"} {}"}) {
        EXPECT_FALSE(by_rest(wrong).parse()) << wrong;
    }
    EXPECT_EQ(alert_of(by_rest("{\"Explanation\": \"a\xFF b\"}").parse()).title, "a\uFFFD b");
}

TEST(SendAlert, IsNamedByItsMessageIdAndItsWords)
{
    const auto name = by_query(example()).name();
    EXPECT_FALSE(name.empty());
    EXPECT_LE(name.size(), 255U);
    EXPECT_EQ(by_query(example()).name(), name);
    auto parameters = example();
    parameters["Expire"] = "2015-03-30T07:00:00Z";
    EXPECT_EQ(by_query(parameters).name(), name) << "whoever signs it anew repeats it";
    parameters["Explanation"] += "!";
    EXPECT_NE(by_query(parameters).name(), name);
    parameters = example();
    parameters["MessageId"] += "1";
    EXPECT_NE(by_query(parameters).name(), name);
    parameters.erase("MessageId");
    EXPECT_EQ(by_query(parameters).name(), "") << "it may be another one with the same words";
}

TEST(SendAlert, IsAnsweredAndRefusedAsItsSendersReadIt)
{
    const ItemOutcomes taken{.refusals = {std::nullopt}, .warnings = {}};
    const auto& path = path_called("sendUomAlert");
    EXPECT_EQ(json::parse(path.answer({.receipt = domain::ReceiptId(), .ids = {}, .items = taken}).body),
              (json{{"ResultCode", "0"}}));
    const auto* sender = sender_at("/uom/r/1/x.json");
    ASSERT_NE(sender, nullptr);
    const auto refused =
        sender->refuse({.status = 422, .code = "c", .detail = "must \"hold\" b", .fields = {}, .request_id = "r-1"});
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(json::parse(refused.body),
              (json{{"ErrorType", "Parameter Error"}, {"ErrorMessage", "must \"hold\" b"}, {"RequestId", "r-1"}}));
    EXPECT_THAT(sender->refuse({.status = 503, .code = "c", .detail = "d"}).body, HasSubstr("UOM WebSystem Error"));
    EXPECT_THAT(sender->refuse({.status = 401, .code = "c", .detail = "d"}).body, HasSubstr("Authentication Error"));
}

}  // namespace
}  // namespace winnow::intake
