/// @file
/// Whose access was taken by another node is refused by this one within a second, whether or not it hears of it.

#include "node_fixture.hpp"
#include "winnow/base/time.hpp"
#include "winnow/crypto/token.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::app {
namespace {

using Clock = std::chrono::steady_clock;

/// What is promised (docs/decisions/revoked-within-a-second.md).
constexpr auto kPromise = 1s;

const std::string kHears =
    "from pg_stat_activity where datname = current_database() and application_name = 'winnow revocations'";

/// Stand still until it goes.
class StoppedProcesses {
public:
    StoppedProcesses() = default;
    ~StoppedProcesses()
    {
        for (const auto process : processes_) ::kill(process, SIGCONT);
    }
    StoppedProcesses(const StoppedProcesses&) = delete;
    StoppedProcesses& operator=(const StoppedProcesses&) = delete;

    void add(std::int64_t process)
    {
        processes_.push_back(static_cast<pid_t>(process));
        ::kill(processes_.back(), SIGSTOP);
    }

private:
    std::vector<pid_t> processes_;
};

class RevocationTest : public NodeTest {
protected:
    RevocationTest()
    {
        // Another way by which a node hears of it sooner or later, and which is not what is tested.
        const std::string other = "from pg_stat_activity where datname = current_database() and query like 'LISTEN%'";
        EXPECT_TRUE(eventually([&] { return number("select count(*) " + other) == 1; }));
        stopped_.add(number("select pid " + other));
        EXPECT_TRUE(eventually([&] { return number("select count(*) " + kHears) == 1; }));
    }

    void sql(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction(connection).exec(statement);
    }

    /// Of somebody who has signed in. Its token.
    [[nodiscard]] std::string session() const
    {
        const auto token = crypto::make_token();
        sql("insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, "
            "last_seen_at, expires_at) select tenant_id, gen_random_uuid(), user_id, decode('" +
            hex(token.hash) + "', 'hex'), 'active', now(), now(), now(), now() + interval '1 hour' from users");
        return token.text;
    }

    /// `key`: one, or a session's token.
    [[nodiscard]] int status(const std::string& key)
    {
        if (!key.starts_with("wnk_") && !key.starts_with("wnu_")) {
            return client_
                .ask("GET /api/v1/users HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-winnow=" + key + "\r\n\r\n")
                .status;
        }
        return client_
            .ask(key.starts_with("wnk_") ? post("/api/v1/alerts", key, R"({"title":"x"})") : get("/api/v1/users", key))
            .status;
    }

    /// Uses `key` all the time, `act`s, and says how long after that a request was begun that was let in all the same.
    [[nodiscard]] Clock::duration let_in_after(const std::string& key, int good, int refused,
                                               const std::function<void()>& act)
    {
        return let_in_after([&] { return status(key); }, good, refused, act);
    }

    /// The same of whatever `ask` shows.
    [[nodiscard]] static Clock::duration let_in_after(const std::function<int()>& ask, int good, int refused,
                                                      const std::function<void()>& act)
    {
        EXPECT_TRUE(eventually([&] { return ask() == good; }));
        for (const auto until = Clock::now() + 300ms; Clock::now() < until;) EXPECT_EQ(ask(), good);
        act();
        const auto done = Clock::now();
        for (Clock::duration last{0};;) {
            const auto begun = Clock::now();
            const auto answer = ask();
            if (answer == refused || last > 10s) return last;
            EXPECT_EQ(answer, good);
            last = begun - done;
        }
    }

    /// A request that is signed with a new access key of the admin's.
    [[nodiscard]] std::string signed_request()
    {
        const auto made = client_.ask(post("/api/v1/access-keys", kKey, "{}"));
        EXPECT_EQ(made.status, 201) << made.body;
        const auto key = nlohmann::json::parse(made.body);
        const auto in_an_hour = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() + 1h);
        const auto expire = format_rfc3339(in_an_hour).substr(0, 19) + "Z";
        const std::string path = "/uom/r/1/GetTicketDetail.json";
        const std::string body = R"({"TicketId":"UTM1","ServiceCode":"tenant1"})";
        const auto digest = crypto::to_base64(crypto::md5(body));
        const auto text = "POST\n" + digest + "\napplication/json\nx-iijapi-expire:" + expire +
                          "\nx-iijapi-signaturemethod:HmacSHA256\nx-iijapi-signatureversion:2\n" + path;
        const auto signature = crypto::to_base64(crypto::hmac_sha256(key["secret"].get<std::string>(), text));
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: IIJAPI " +
               key["access_key"].get<std::string>() + ":" + signature + "\r\nx-iijapi-expire: " + expire +
               "\r\nx-iijapi-signaturemethod: HmacSHA256\r\nx-iijapi-signatureversion: 2\r\nContent-MD5: " + digest +
               "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               body;
    }

    /// An auditor may not see users.
    void set_auditor(bool audits) const
    {
        sql(audits ? "update users set role = 'viewer', audits = true"
                   : "update users set role = 'admin', audits = false");
    }

    static Config& without_rates(Config& config)
    {
        for (auto& limit : config.tenants.rates.tenant) limit = {.rate = 1'000'000, .burst = 1'000'000};
        return config;
    }

    Node node_{without_rates(config_)};
    test::TlsClient client_{node_.customer_port()};
    StoppedProcesses stopped_;
};

TEST_F(RevocationTest, IsInForceWhereTheNodeHears)
{
    const auto sender = integration_key();
    EXPECT_LT(let_in_after(kKey, 200, 403, [&] { set_auditor(true); }), kPromise);
    set_auditor(false);
    EXPECT_LT(let_in_after(kKey, 200, 403, [&] { sql("update api_keys set scopes = array['rules:read']"); }), kPromise);
    sql("update api_keys set scopes = null");
    EXPECT_LT(let_in_after(kKey, 200, 401, [&] { sql("update users set state = 'disabled'"); }), kPromise);
    EXPECT_LT(let_in_after(sender, 202, 403, [&] { sql("update tenants set state = 'suspended'"); }), kPromise);
    sql("update tenants set state = 'active'");
    EXPECT_LT(let_in_after(sender, 202, 401, [&] { sql("update integrations set enabled = false"); }), kPromise);
    sql("update integrations set enabled = true");
    EXPECT_LT(let_in_after(sender, 202, 401, [&] { sql("update integration_keys set revoked_at = now()"); }), kPromise);
}

TEST_F(RevocationTest, OfASessionIsInForceWhereTheNodeHears)
{
    EXPECT_LT(
        let_in_after(session(), 200, 401,
                     [&] { sql("update sessions set state = 'ended', ended_at = now(), ended_by = 'by_admin'"); }),
        kPromise);
    EXPECT_LT(let_in_after(session(), 200, 401, [&] { sql("update users set state = 'disabled'"); }), kPromise);
}

TEST_F(RevocationTest, OfAnAccessKeyAndOfADirectorysTokenIsInForceWhereTheNodeHears)
{
    constexpr int kNoSuchTicket = 404;  // to who may ask
    auto request = signed_request();
    const auto ask = [&] {
        return client_.ask(request).status;
    };
    EXPECT_LT(let_in_after(ask, kNoSuchTicket, 401, [&] { sql("update access_keys set revoked_at = now()"); }),
              kPromise);
    request = signed_request();
    EXPECT_LT(let_in_after(ask, kNoSuchTicket, 403, [&] { set_auditor(true); }), kPromise);
    EXPECT_LT(let_in_after(ask, 403, 401, [&] { sql("update users set state = 'disabled'"); }), kPromise);

    const std::string token = "wns_" + std::string(43, 'd');
    sql("insert into scim_tokens (tenant_id, token_id, secret_hash, hint, role, created_by, expires_at) select "
        "tenant_id, "
        "gen_random_uuid(), decode('" +
        hex(crypto::sha256(token)) + "', 'hex'), 'wns_dddd', 'viewer', 'x', now() + interval '1 hour' from tenants");
    const auto by_directory = [&] {
        return client_.ask(get("/scim/v2/Users", token)).status;
    };
    EXPECT_LT(let_in_after(by_directory, 200, 401, [&] { sql("update scim_tokens set revoked_at = now()"); }),
              kPromise);
}

TEST_F(RevocationTest, IsInForceWithinASecondWhereWhoShouldTellStandsStill)
{
    for (int round = 0; round < 10; ++round) {
        const auto act = [&] {
            stopped_.add(number("select pid " + kHears + " order by backend_start desc limit 1"));
            set_auditor(true);
        };
        EXPECT_LT(let_in_after(kKey, 200, 403, act), kPromise) << round;
        set_auditor(false);
        // A node that nobody tells asks for another session.
        EXPECT_TRUE(
            eventually([&] { return status(kKey) == 200 && number("select count(*) " + kHears) == round + 2; }));
    }
}

/// Lets no session of the pipeline's in until it goes; those that are in stay.
class NobodyComesIn {
public:
    explicit NobodyComesIn(std::string superuser) : superuser_(std::move(superuser)) { alter("nologin"); }
    ~NobodyComesIn() { alter("login"); }
    NobodyComesIn(const NobodyComesIn&) = delete;
    NobodyComesIn& operator=(const NobodyComesIn&) = delete;

private:
    void alter(const std::string& how) const
    {
        pqxx::connection connection(superuser_);
        pqxx::nontransaction(connection).exec("alter role winnow_pipeline " + how);
    }

    const std::string superuser_;
};

TEST_F(RevocationTest, IsInForceWithinASecondWhereNobodyTells)
{
    EXPECT_EQ(status(kKey), 200);
    {
        const NobodyComesIn nobody(database_.superuser);
        sql("select pg_terminate_backend(pid) " + kHears);
        ASSERT_TRUE(eventually([&] { return number("select count(*) " + kHears) == 0; }));
        for (int round = 0; round < 10; ++round) {
            EXPECT_LT(let_in_after(kKey, 200, 403, [&] { set_auditor(true); }), kPromise) << round;
            set_auditor(false);
        }
        EXPECT_EQ(number("select count(*) " + kHears), 0);
    }
    EXPECT_TRUE(eventually([&] { return number("select count(*) " + kHears) == 1; }));
}

}  // namespace
}  // namespace winnow::app
