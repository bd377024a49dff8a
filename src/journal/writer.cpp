#include "winnow/journal/writer.hpp"

#include "journal/batch.hpp"
#include "journal/health.hpp"
#include "journal/measures.hpp"
#include "journal/own_stream.hpp"
#include "journal/refusals.hpp"
#include "journal/release_order.hpp"
#include "journal/request_queue.hpp"
#include "journal/takeoff.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

namespace winnow::journal {

namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kHold{2'000};      // how long a request waits for a database that is away
constexpr milliseconds kRetryPause{100};  // between attempts while it is away
/// Of one transaction. What is large takes long to encode and to store, and everybody in it waits for that.
constexpr RequestQueue::Most kMostAtOnce{.alerts = 20'000, .bytes = 8U << 20U};
/// Of it one tenant's, while others send, too.
constexpr std::size_t kTenantAtOnce = 1U << 20U;

/// Of one tenant while others send: all writers but one may be full of it.
std::size_t in_flight_of_one(const WriterOptions& options)
{
    return kTenantAtOnce * std::max<std::size_t>(1, options.transactions_in_flight - 1);
}

Error in_doubt()
{
    return {ErrorCode::timeout, "it is not known yet whether the alerts were stored"};
}

}  // namespace

class Writer::Impl {
public:
    Impl(ports::JournalStreams& streams, std::string node, WriterOptions options, CommittedSink committed,
         observe::Metrics& metrics)
        : streams_(streams),
          options_(std::move(options)),
          own_(streams, std::move(node), options_.max_queued_alerts),
          queue_({.alerts = options_.max_queued_alerts,
                  .bytes = options_.max_queued_bytes,
                  .unapplied_bytes = options_.max_unapplied_bytes,
                  .tenant_bytes_at_once = kTenantAtOnce,
                  .tenant_bytes_in_flight = in_flight_of_one(options_)}),
          order_(std::move(committed)),
          measures_(metrics)
    {
    }

    ~Impl() { stop(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void start()
    {
        // Here and now, so that whoever starts the writer finds it healthy. A thread tries again where that fails.
        if (const auto opened = own_.open(); !opened) say_not_open(opened.error());
        for (std::size_t i = 0; i < options_.transactions_in_flight; ++i) threads_.emplace_back([this, i] { run(i); });
    }

    void submit(Submission submission, std::move_only_function<void(Result<Committed>)> done)
    {
        if (submission.alerts.empty()) return done(Error(ErrorCode::internal, "a request without alerts"));
        auto pending = std::make_unique<Pending>();
        for (const auto& alert : submission.alerts) pending->bytes += bytes_of(alert);
        pending->submission = std::move(submission);
        pending->done = std::move(done);
        pending->since = SteadyClock::now();
        if (health_.refusing()) return pending->answer(queue_.closed() ? stopping() : health_.refusal());
        const auto refused = queue_.push(pending, unapplied(pending->submission.tenant));
        if (refused) pending->answer(refuse(*refused));
    }

    [[nodiscard]] std::optional<Error> refusal(TenantId tenant) const
    {
        const auto refused = queue_.refusal(tenant, unapplied(tenant));
        if (!refused) return std::nullopt;
        return refuse(*refused);
    }

    [[nodiscard]] std::optional<domain::StreamId> stream() const { return own_.current(); }

    [[nodiscard]] std::uint64_t released_seq() const
    {
        const auto current = stream();
        return current ? order_.released(*current) : 0;
    }

    [[nodiscard]] bool healthy() const
    {
        return stream().has_value() && !health_.refusing() && !queue_.closed() && health_.sound();
    }

    void stop()
    {
        queue_.close();
        for (auto& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
        threads_.clear();
        for (auto& pending : queue_.take_older(SteadyClock::time_point::max())) pending->answer(stopping());
    }

private:
    /// A writer thread's session, and the stream it writes.
    struct Session {
        std::unique_ptr<ports::JournalSession> connection;
        domain::StreamId stream = 0;
    };

    void run(std::size_t number)
    {
        observe::name_thread("journal", number);
        Session session;
        while (connect(session)) {
            auto requests = gather();
            if (requests.empty()) return;
            write(session, std::move(requests));
            takeoff_.land();
        }
    }

    std::vector<std::unique_ptr<Pending>> gather()
    {
        const auto right = takeoff_.right_to_gather();
        queue_.wait();
        if (!queue_.fills(kMostAtOnce)) takeoff_.wait();
        auto requests = queue_.take(kMostAtOnce);
        if (!requests.empty()) takeoff_.start();
        measures_.taken(requests, queue_.waiting());
        return requests;
    }

    [[nodiscard]] fair::Held unapplied(TenantId tenant) const
    {
        return options_.unapplied ? options_.unapplied(tenant) : fair::Held{};
    }

    [[nodiscard]] Error refuse(const RequestQueue::Refusal& refusal) const
    {
        measures_.refused(refusal);
        return error_of(refusal);
    }

    static void say_not_open(const Error& cause)
    {
        observe::warn("the journal's stream cannot be opened", {{"reason", cause.message()}});
    }

    /// False when stopping. Returns with a session of the current stream, on a database that stores what it is given.
    bool connect(Session& session)
    {
        while (true) {
            const auto current = own_.open();
            if (!current) {
                say_not_open(current.error());
                health_.failed(current.error());
            } else {
                const bool ours = session.connection && session.stream == *current;
                if ((ours || open(session, *current)) && is_fit(session)) return true;
            }
            if (!pause_while_away()) return false;
        }
    }

    bool open(Session& session, domain::StreamId stream)
    {
        auto opened = streams_.session(stream);
        if (!opened) {
            lose(session, stream, opened.error());
            return false;
        }
        session.connection = *std::move(opened);
        session.stream = stream;
        return true;
    }

    /// After a failure the database is tried out first, so that no request is staked on it, and so that a node which
    /// nobody sends anything finds out that it is ready again.
    bool is_fit(Session& session)
    {
        if (!health_.failing()) return true;
        const std::unique_lock alone(probing_, std::try_to_lock);
        if (!alone) return false;  // another thread is about to know
        if (const auto probed = session.connection->probe(health_.bytes()); !probed) {
            lose(session, session.stream, probed.error());
            return false;
        }
        health_.succeeded();
        return true;
    }

    /// The session is of no use at the moment. `conflict`: neither is its stream, and that is no fault of the database.
    void lose(Session& session, domain::StreamId stream, const Error& cause)
    {
        session.connection.reset();
        if (cause.code() == ErrorCode::conflict) return own_.abandon(stream);
        health_.failed(cause);
    }

    /// The database is away: refuses what has waited long enough, and waits a little. False when stopping.
    bool pause_while_away()
    {
        const auto expired = queue_.take_older(SteadyClock::now() - kHold);
        if (!expired.empty()) health_.refuse();
        for (const auto& pending : expired) pending->answer(health_.refusal());
        return queue_.pause(kRetryPause);
    }

    void write(Session& session, std::vector<std::unique_ptr<Pending>> requests)
    {
        auto batch = lay_out(std::move(requests), options_.max_row_alerts);
        if (!own_.give_places(batch, session.stream, order_)) return queue_.put_back(take_requests(batch));
        const auto first = batch.rows.front().position.seq;
        const auto started = SteadyClock::now();
        const auto outcome = attempt(session, batch, started);
        measures_.transaction(SteadyClock::now() - started);
        if (outcome) return succeed(batch, session.stream, first);

        measures_.failures.add();
        const auto code = outcome.error().code();
        // In doubt to the end: triage must not be told that these sequences are decided, or nobody would replay them.
        if (code != ErrorCode::timeout) order_.decide(session.stream, first, {});
        if (code == ErrorCode::conflict) {
            lose(session, session.stream, outcome.error());
            return queue_.put_back(take_requests(batch));
        }
        if (!is_retryable(code) && batch.requests.size() > 1) return split(session, batch);
        if (!is_retryable(code)) {
            observe::error("an alert could not be journalled", {{"reason", outcome.error().message()}});
        }
        queue_.settle(RequestQueue::amounts_of(batch.requests));
        for (auto& pending : take_requests(batch)) pending->answer(outcome.error());
    }

    /// One of them spoils the transaction: find it without failing its neighbours.
    void split(Session& session, Batch& batch)
    {
        auto requests = take_requests(batch);
        const auto middle = requests.begin() + static_cast<std::ptrdiff_t>(requests.size() / 2);
        std::vector<std::unique_ptr<Pending>> second(std::make_move_iterator(middle),
                                                     std::make_move_iterator(requests.end()));
        requests.erase(middle, requests.end());
        write(session, std::move(requests));
        if (session.connection) return write(session, std::move(second));
        queue_.put_back(std::move(second));  // the session was lost over the first half: they wait as all others do
    }

    /// Writes until it is known to be stored or not. An `unavailable` database is tried again for as long as kHold.
    Result<Done> attempt(Session& session, Batch& batch, SteadyClock::time_point started)
    {
        while (true) {
            auto stored = store(session, batch);
            if (!stored && stored.error().code() == ErrorCode::timeout) {
                const auto known = resolve(session, batch);
                if (!known) return known.error();
                if (*known) return Done{};
                stored = Error(ErrorCode::unavailable, "the database could not be reached any more");
            }
            if (stored || stored.error().code() != ErrorCode::unavailable) return stored;
            health_.failed(stored.error(), bytes_of(batch));
            if (SteadyClock::now() - started > kHold || !pause_while_away()) {
                health_.refuse();
                session.connection.reset();
                return health_.refusal();
            }
        }
    }

    static Result<Done> store(Session& session, Batch& batch)
    {
        std::vector<ports::JournalRow> rows;
        std::vector<ports::KeyedReceipt> receipts;
        try {
            if (!batch.keyed()) rows = encode(batch);
            receipts = receipts_of(batch);
        } catch (const std::exception& failure) {  // nothing was sent yet
            return Error(ErrorCode::internal, failure.what());
        }
        if (receipts.empty()) return session.connection->append(rows);
        return store_once(*session.connection, receipts, batch);
    }

    /// Asks until the database says whether the transaction was committed; those who waited too long are told so.
    Result<bool> resolve(Session& session, Batch& batch)
    {
        const auto rows = encode(batch);
        if (rows.empty()) return false;  // nothing but repeats: doing it again is safe
        while (true) {
            const auto known = session.connection->committed(rows.front().tenant, rows.front().position);
            if (known) return *known;
            tell_who_waited_too_long(batch);
            if (!pause_while_away()) return in_doubt();
        }
    }

    void tell_who_waited_too_long(Batch& batch) const
    {
        const auto limit = SteadyClock::now() - options_.answer_within;
        for (auto& request : batch.requests) {
            if (request.pending->since <= limit) request.pending->answer(in_doubt());
        }
    }

    void succeed(Batch& batch, domain::StreamId stream, std::uint64_t first)
    {
        health_.succeeded();
        measures_.commits.add();
        auto amounts = RequestQueue::amounts_of(batch.requests);
        queue_.stored(amounts);  // before anybody is answered: who sends one request at a time holds one at a time
        auto rows = take_rows(batch);
        for (const auto& row : rows) measures_.alerts.add(static_cast<double>(row.alerts.size()));
        for (auto& request : batch.requests) {
            Committed committed;
            committed.receipt = request.receipt;
            if (request.repeat.outcome != ports::ReceiptAnswer::Outcome::fresh) committed.replayed = request.repeat;
            request.pending->answer(std::move(committed));
        }
        order_.decide(stream, first, std::move(rows),
                      [this, amounts = std::move(amounts)] { queue_.handed_over(amounts); });
    }

    ports::JournalStreams& streams_;
    const WriterOptions options_;
    OwnStream own_;
    RequestQueue queue_;
    ReleaseOrder order_;
    Health health_;
    Measures measures_;

    std::mutex probing_;  // held while the database is tried out
    Takeoff takeoff_;
    std::vector<std::jthread> threads_;
};

Writer::Writer(ports::JournalStreams& streams, std::string node, WriterOptions options, CommittedSink committed,
               observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(streams, std::move(node), options, std::move(committed), metrics))
{
}

Writer::~Writer() = default;

void Writer::start()
{
    impl_->start();
}

void Writer::submit(Submission submission, std::move_only_function<void(Result<Committed>)> done)
{
    impl_->submit(std::move(submission), std::move(done));
}

std::optional<Error> Writer::refusal(TenantId tenant) const
{
    return impl_->refusal(tenant);
}

std::optional<domain::StreamId> Writer::stream() const
{
    return impl_->stream();
}

std::uint64_t Writer::released_seq() const
{
    return impl_->released_seq();
}

bool Writer::healthy() const
{
    return impl_->healthy();
}

void Writer::stop()
{
    impl_->stop();
}

}  // namespace winnow::journal
