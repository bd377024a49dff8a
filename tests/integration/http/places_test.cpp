#include "https_fixture.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <vector>

namespace winnow::http {
namespace {

using test::ClientError;
using test::TcpClient;
using test::TlsClient;

/// "/1/…" is asked for by the caller 1, "/0/…" by nobody who is known.
class PlacesOverTls : public HttpsTest {
protected:
    PlacesOverTls()
    {
        options_.limits.handshake = 60s;
        options_.limits.max_connections = 8;  // two of them for strangers, three at work for one caller
        handler_.on_admit = [](const RequestHead& head, AdmissionSink sink) {
            Admission admission;
            admission.max_body_bytes = 1'000;
            const auto caller = static_cast<std::uint64_t>(head.path.at(1) - '0');
            if (caller != 0) admission.caller = Uuid::from_words(1, caller);
            sink(std::move(admission));
        };
    }

    static std::string get_as(int caller)
    {
        return "GET /" + std::to_string(caller) + "/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    /// From now on requests wait for their answers until answer_all().
    void hold_answers()
    {
        handler_.on_handle = [this](const Request&, ResponseSink sink) {
            const std::lock_guard lock(mutex_);
            sinks_.push_back(std::move(sink));
        };
    }
    [[nodiscard]] bool are_at_work(std::size_t count)
    {
        const auto until = std::chrono::steady_clock::now() + 10s;
        for (;;) {
            {
                const std::lock_guard lock(mutex_);
                if (sinks_.size() == count) return true;
            }
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::yield();
        }
    }
    void answer_all()
    {
        const std::lock_guard lock(mutex_);
        for (auto& sink : sinks_) sink(Response(200, "text/plain", "at last"));
        sinks_.clear();
    }

    std::mutex mutex_;
    std::vector<ResponseSink> sinks_;
};

TEST_F(PlacesOverTls, ThoseWhoSayNothingDisplaceEachOther)
{
    std::deque<TcpClient> silent;
    for (int i = 0; i < 3; ++i) silent.emplace_back(port());
    EXPECT_EQ(silent[0].receive_all(), "") << "closed, long before its handshake's time was up";
    TlsClient talks(port());
    EXPECT_EQ(silent[1].receive_all(), "");
    EXPECT_EQ(talks.ask(get_as(1)).status, 200);
    EXPECT_TRUE(has_metric(R"(winnow_http_connections_displaced_total{listener="customer",what="new"} 2)"));
    EXPECT_TRUE(has_metric(R"(winnow_http_new_connections{listener="customer"} 1)"));
}

TEST_F(PlacesOverTls, WhoIsKnownKeepsItsConnectionBesideManyWhoAreNot)
{
    TlsClient known(port());
    ASSERT_EQ(known.ask(get_as(1)).status, 200);
    std::deque<TlsClient> unknown;
    for (int i = 0; i < 20; ++i) {
        try {
            ASSERT_EQ(unknown.emplace_back(port()).ask(get_as(0)).status, 200) << "until it has to go";
        } catch (const ClientError& gone) {
            FAIL() << gone.what();
        }
    }
    EXPECT_EQ(known.ask(get_as(1)).status, 200);
}

TEST_F(PlacesOverTls, AnIdleConnectionIsClosedInOrderWhereAllAreTaken)
{
    std::deque<TlsClient> known;
    for (int i = 0; i < 8; ++i) ASSERT_EQ(known.emplace_back(port()).ask(get_as(i < 2 ? 2 : 1)).status, 200);
    TlsClient next(port());
    EXPECT_EQ(next.ask(get_as(3)).status, 200);
    EXPECT_TRUE(known[2].at_end()) << "of the one with most, idle for longest";
    for (int i = 0; i < 8; ++i) {
        if (i == 2) continue;
        EXPECT_EQ(known[static_cast<std::size_t>(i)].ask(get_as(i < 2 ? 2 : 1)).status, 200) << i;
    }
    EXPECT_TRUE(has_metric(R"(winnow_http_connections_displaced_total{listener="customer",what="idle"} 1)"));
}

TEST_F(PlacesOverTls, WhoIsAtWorkIsDisplacedByNobody)
{
    hold_answers();
    std::deque<TlsClient> busy;
    for (int i = 0; i < 8; ++i) busy.emplace_back(port()).send(get_as(1 + i / 3));
    ASSERT_TRUE(are_at_work(8));
    EXPECT_THROW(TlsClient ninth(port()), ClientError);
    EXPECT_TRUE(has_metric(R"(winnow_http_connections_refused_total{limit="total",listener="customer"} 1)"));
    answer_all();
    for (auto& client : busy) EXPECT_EQ(client.receive().body, "at last");
}

TEST_F(PlacesOverTls, ATenantsRequestBeyondWhatOneMayHaveAtWorkIsRefusedByName)
{
    hold_answers();
    std::deque<TlsClient> busy;
    for (int i = 0; i < 3; ++i) busy.emplace_back(port()).send(get_as(1));
    ASSERT_TRUE(are_at_work(3));
    TlsClient beyond(port());
    const auto refused = beyond.ask(get_as(1));
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.body, "too_many_requests");
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_TRUE(beyond.at_end());
    EXPECT_TRUE(has_metric(R"(winnow_http_connections_refused_total{limit="tenant",listener="customer"} 1)"));
    TlsClient other(port());
    other.send(get_as(2));
    EXPECT_TRUE(are_at_work(4)) << "another tenant's";
    answer_all();
    EXPECT_EQ(other.receive().status, 200);
    for (auto& client : busy) EXPECT_EQ(client.receive().status, 200);
}

TEST_F(PlacesOverTls, AnswersThatOneTenantDoesNotTakeAreBoundedAndTheSlowestIsCutOff)
{
    const std::string large(20'000'000, 'x');  // more than the kernel takes of it
    options_.limits.max_unsent_bytes_per_tenant = 30'000'000;
    handler_.on_handle = [&](const Request&, ResponseSink sink) {
        sink(Response(200, "text/plain", large));
    };
    TlsClient of_another(port());
    of_another.send(get_as(2));
    std::deque<TlsClient> slow;
    for (int i = 0; i < 2; ++i) slow.emplace_back(port()).send(get_as(1));
    EXPECT_TRUE(has_metric(R"(winnow_http_answers_cut_off_total{listener="customer"} 1)"));
    int whole = 0;
    for (auto& client : slow) {
        try {
            whole += client.receive().body == large ? 1 : 0;
        } catch (const ClientError&) {
            EXPECT_LT(whole, 2);
        }
    }
    EXPECT_EQ(whole, 1);
    EXPECT_EQ(of_another.receive().body, large);
}

}  // namespace
}  // namespace winnow::http
