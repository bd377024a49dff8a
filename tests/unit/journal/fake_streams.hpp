#pragma once

/// @file
/// The journal's store in memory, with a fault at any call.

#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/ports/journal_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace winnow::journal {

/// How a call goes wrong. `lost_after` stores and says that it does not know; `lost_before` does not store and says so,
/// too.
enum class Fault : std::uint8_t { none, unavailable, lost_before, lost_after, refused, taken_over };

/// What the fake database holds, and what its calls answer. Thread-safe.
class FakeStreams final : public ports::JournalStreams {
public:
    /// Asked before each call, by its name and number (from 1), with the rows' canonical lines.
    using Faults = std::function<Fault(std::string_view call, int number, const std::string& lines)>;

    explicit FakeStreams(Faults faults = {}) : faults_(std::move(faults)) {}

    Result<domain::StreamId> open(const std::string& /*node*/) override
    {
        if (const auto fault = next("open", ""); fault != Fault::none) return error_of(fault);
        const std::lock_guard lock(mutex_);
        return ++stream_;
    }
    Result<std::unique_ptr<ports::JournalSession>> session(domain::StreamId stream) override
    {
        if (const auto fault = next("session", ""); fault != Fault::none) return error_of(fault);
        return std::unique_ptr<ports::JournalSession>(std::make_unique<Session>(*this, stream));
    }
    Result<Done> renew(domain::StreamId /*stream*/, std::uint64_t /*applied_seq*/, bool /*serves*/) override
    {
        return Done{};
    }
    Result<std::vector<domain::StreamId>> claim_orphans() override { return std::vector<domain::StreamId>(); }
    Result<std::vector<ports::JournalRow>> unapplied(domain::StreamId /*stream*/, std::uint64_t /*after_seq*/,
                                                     std::size_t /*limit*/) override
    {
        return std::vector<ports::JournalRow>();
    }
    Result<std::int32_t> takeovers(domain::StreamId /*stream*/) override { return 0; }
    Result<Done> begin_takeover(domain::StreamId /*stream*/) override { return Done{}; }
    Result<bool> release_row() override { return false; }
    Result<Done> end(domain::StreamId /*stream*/) override { return Done{}; }
    Result<Done> maintain_partitions() override { return Done{}; }

    /// How often each stored title is there.
    [[nodiscard]] std::map<std::string, int> stored()
    {
        const std::lock_guard lock(mutex_);
        std::map<std::string, int> titles;
        for (const auto& row : rows_) {
            for (const auto& title : titles_of(lines_of({row}))) ++titles[title];
        }
        return titles;
    }
    [[nodiscard]] int calls(const std::string& name)
    {
        const std::lock_guard lock(mutex_);
        return calls_[name];
    }
    /// How often a session was asked for something while a claim of its was open, or went before it.
    [[nodiscard]] int misused()
    {
        const std::lock_guard lock(mutex_);
        return misused_;
    }
    void set_faults(Faults faults)
    {
        const std::lock_guard lock(mutex_);
        faults_ = std::move(faults);
    }

    static std::vector<std::string> titles_of(std::string_view lines)
    {
        std::vector<std::string> titles;
        while (!lines.empty()) {
            const auto line = lines.substr(0, lines.find('\n'));
            lines.remove_prefix(line.size() + 1);
            if (line.empty()) continue;
            if (auto alert = intake::read_canonical(line)) titles.push_back(alert->title);
        }
        return titles;
    }

private:
    /// Whether a session has a claim that is not over. Outlives both, so that it can tell who went first.
    using Open = std::shared_ptr<bool>;

    class Claim final : public ports::ReceiptClaim {
    public:
        Claim(FakeStreams& streams, domain::StreamId stream, std::vector<ports::KeyedReceipt> receipts, Open open)
            : streams_(streams),
              stream_(stream),
              receipts_(std::move(receipts)),
              answers_(streams_.claim(receipts_)),
              open_(std::move(open))
        {
            *open_ = true;
        }
        ~Claim() override { *open_ = false; }
        Claim(const Claim&) = delete;
        Claim& operator=(const Claim&) = delete;

        [[nodiscard]] const std::vector<ports::ReceiptAnswer>& answers() const noexcept override { return answers_; }
        Result<Done> commit(const std::vector<ports::JournalRow>& rows) override
        {
            if (std::exchange(committed_, true)) return streams_.misuse();
            return streams_.store("commit", stream_, receipts_, rows);
        }

    private:
        FakeStreams& streams_;
        const domain::StreamId stream_;
        const std::vector<ports::KeyedReceipt> receipts_;
        const std::vector<ports::ReceiptAnswer> answers_;
        const Open open_;
        bool committed_ = false;
    };

    class Session final : public ports::JournalSession {
    public:
        Session(FakeStreams& streams, domain::StreamId stream) : streams_(streams), stream_(stream) {}
        ~Session() override
        {
            if (*open_) static_cast<void>(streams_.misuse());
        }
        Session(const Session&) = delete;
        Session& operator=(const Session&) = delete;

        Result<Done> append(const std::vector<ports::JournalRow>& rows) override
        {
            if (*open_) return streams_.misuse();
            return streams_.store("append", stream_, {}, rows);
        }
        Result<std::unique_ptr<ports::ReceiptClaim>> claim(const std::vector<ports::KeyedReceipt>& receipts) override
        {
            if (*open_) return streams_.misuse();
            if (const auto fault = streams_.next("claim", ""); fault != Fault::none) return streams_.error_of(fault);
            return std::make_unique<Claim>(streams_, stream_, receipts, open_);
        }
        Result<bool> committed(TenantId tenant, const domain::RowPosition& position) override
        {
            if (*open_) return streams_.misuse();
            return streams_.is_there(tenant, position);
        }
        Result<Done> probe(std::size_t /*bytes*/) override
        {
            if (*open_) return streams_.misuse();
            if (const auto fault = streams_.next("probe", ""); fault != Fault::none) return streams_.error_of(fault);
            return Done{};
        }

    private:
        FakeStreams& streams_;
        domain::StreamId stream_;
        const Open open_ = std::make_shared<bool>(false);
    };

    Error misuse()
    {
        const std::lock_guard lock(mutex_);
        ++misused_;
        return {ErrorCode::internal, "a claim is open"};
    }

    static std::string lines_of(const std::vector<ports::JournalRow>& rows)
    {
        std::string lines;
        for (const auto& row : rows) lines += decode_rows(row.payload).value();
        return lines;
    }

    Fault next(const std::string& call, const std::string& lines)
    {
        Faults faults;
        int number = 0;
        {
            const std::lock_guard lock(mutex_);
            number = ++calls_[call];
            faults = faults_;
        }
        return faults ? faults(call, number, lines) : Fault::none;
    }

    static Error error_of(Fault fault)
    {
        if (fault == Fault::taken_over) return {ErrorCode::conflict, "taken over"};
        if (fault == Fault::refused) return {ErrorCode::internal, "refused"};
        if (fault == Fault::lost_before || fault == Fault::lost_after) return {ErrorCode::timeout, "in doubt"};
        return {ErrorCode::unavailable, "the disk is full (SQLSTATE 53100)"};
    }

    std::vector<ports::ReceiptAnswer> claim(const std::vector<ports::KeyedReceipt>& receipts)
    {
        const std::lock_guard lock(mutex_);
        std::vector<ports::ReceiptAnswer> answers;
        for (const auto& receipt : receipts) {
            auto& answer = answers.emplace_back();
            if (const auto known = receipts_.find({receipt.tenant, receipt.key}); known != receipts_.end()) {
                answer = {.outcome = ports::ReceiptAnswer::Outcome::replayed, .status = 202, .answer = known->second};
            }
        }
        return answers;
    }

    Result<Done> store(const std::string& call, domain::StreamId stream,
                       const std::vector<ports::KeyedReceipt>& receipts, const std::vector<ports::JournalRow>& rows)
    {
        const auto fault = next(call, lines_of(rows));
        if (fault == Fault::none || fault == Fault::lost_after) {
            const std::lock_guard lock(mutex_);
            for (const auto& row : rows) {
                if (row.position.stream != stream) return Error(ErrorCode::internal, "a row of another stream");
                rows_.push_back(row);
            }
            for (const auto& receipt : receipts) receipts_.try_emplace({receipt.tenant, receipt.key}, receipt.answer);
        }
        if (fault == Fault::none) return Done{};
        return error_of(fault);
    }

    Result<bool> is_there(TenantId tenant, const domain::RowPosition& position)
    {
        if (const auto fault = next("committed", ""); fault != Fault::none) return error_of(fault);
        const std::lock_guard lock(mutex_);
        for (const auto& row : rows_) {
            if (row.tenant == tenant && row.position == position) return true;
        }
        return false;
    }

    std::mutex mutex_;  // guards what follows
    Faults faults_;
    std::map<std::string, int> calls_;
    int misused_ = 0;
    domain::StreamId stream_ = 0;
    std::vector<ports::JournalRow> rows_;
    std::map<std::pair<TenantId, std::string>, std::string> receipts_;
};

}  // namespace winnow::journal
