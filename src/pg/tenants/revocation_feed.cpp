#include "winnow/pg/revocation_feed.hpp"

#include "pg/session/libpq_session.hpp"
#include "pg/session/sql_errors.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using access::Revoked;
using std::chrono::milliseconds;

constexpr milliseconds kDeadline{1'000};
constexpr std::chrono::seconds kConnect{2};  // libpq's least

// Word for word: what is told of, and a channel on which each session tells itself something.
constexpr auto kListen = "listen winnow_revoked; listen winnow_ping";
constexpr auto kPing = "select pg_notify('winnow_ping', $1)";
// An echo proves what it proves by its place in the queue; that it survives a crash helps nobody.
constexpr auto kWithoutWaitingForTheDisk = "set synchronous_commit = off";

PgOptions in_haste(PgOptions options)
{
    options.deadline = kDeadline;
    options.connect_timeout = kConnect;
    options.lock_timeout = kDeadline;
    options.statement_timeout = kDeadline;
    return options;
}

class PgRevocationFeed final : public ports::RevocationFeed {
public:
    explicit PgRevocationFeed(PgOptions options) : options_(in_haste(std::move(options))) {}

    Result<Done> listen() override
    {
        session_.reset();
        return heard([&]() -> Result<Done> {
            auto& session = session_.emplace(options_);
            session.run(kWithoutWaitingForTheDisk);
            session.run(kListen);
            session.prepare("ping", kPing);
            return Done{};
        });
    }

    Result<std::vector<Revoked>> prove() override
    {
        return heard([&]() -> Result<std::vector<Revoked>> {
            const auto until = std::chrono::steady_clock::now() + kDeadline;
            auto& session = open();
            const auto word = std::to_string(++pings_);
            session.run("ping", {{.data = word.c_str(), .length = static_cast<int>(word.size()), .format = 0}});
            std::vector<Revoked> revoked;
            for (bool echoed = false; !echoed;) {
                const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
                if (left.count() <= 0) throw StatementFailed(true, "", "no echo");
                echoed = take(session.notices(left), word, revoked);
            }
            return revoked;
        });
    }

    Result<std::vector<Revoked>> wait(milliseconds timeout) override
    {
        return heard([&]() -> Result<std::vector<Revoked>> {
            std::vector<Revoked> revoked;
            take(open().notices(timeout), {}, revoked);
            return revoked;
        });
    }

private:
    LibpqSession& open()
    {
        if (!session_) throw StatementFailed(true, "", "nobody listens");
        return *session_;
    }

    /// What of it is a revocation; true where our own `word` is among it. Others' words, which other nodes tell
    /// themselves, and whoever wants to be taken for us, come from other sessions.
    bool take(const std::vector<LibpqSession::Notice>& notices, const std::string& word, std::vector<Revoked>& revoked)
    {
        bool echoed = false;
        for (const auto& notice : notices) {
            if (notice.channel == "winnow_revoked") {
                revoked.push_back(access::parse_revoked(notice.payload));
            } else {
                echoed = echoed || (notice.backend == session_->backend() && notice.payload == word);
            }
        }
        return echoed;
    }

    template <typename Work>
    std::invoke_result_t<Work&> heard(Work work)
    {
        try {
            return work();
        } catch (const StatementFailed& failure) {
            session_.reset();
            return error_of_sqlstate(failure.lost() ? "" : failure.sqlstate(), failure.what());
        } catch (const std::exception& failure) {
            session_.reset();
            return to_error(failure);
        }
    }

    const PgOptions options_;
    std::optional<LibpqSession> session_;
    std::uint64_t pings_ = 0;
};

}  // namespace

std::unique_ptr<ports::RevocationFeed> make_revocation_feed(PgOptions options)
{
    return std::make_unique<PgRevocationFeed>(std::move(options));
}

}  // namespace winnow::pg
