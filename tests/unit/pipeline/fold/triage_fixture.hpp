#pragma once

/// @file
/// Triage on a store and a configuration in memory.

#include "unit/pipeline/fakes.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/triage_service.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>

namespace winnow::pipeline {

class TriageServiceTest : public testing::Test {
protected:
    void SetUp() override
    {
        for (const auto tenant : {one_, two_}) configs_.put(config(tenant), false);
        make({});
    }

    void make(TriageOptions options)
    {
        service_.reset();
        service_ = std::make_unique<TriageService>(store_, policies_, options, [this] { ++outbox_changes_; }, metrics_);
    }

    void submit(std::vector<journal::CommittedRow> rows) { service_->submit(std::move(rows)); }

    /// Everything is applied. Several flushes fit into the tests' patience.
    [[nodiscard]] bool flushed() { return service_->flush(kDeadline); }

    /// Folds stop at the store until the next call with false.
    void hold(bool held)
    {
        store_.with([&](auto& store) { store.held_ = held; });
    }
    void fail_next(std::initializer_list<ErrorCode> codes)
    {
        store_.with([&](auto& store) {
            for (const auto code : codes) store.errors_.emplace_back(code, "on demand");
        });
    }

    /// A tenant who tells so many contacts of everything.
    static domain::TenantConfig telling(TenantId tenant, std::uint64_t contacts)
    {
        auto many = config(tenant);
        many.contacts.clear();
        many.groups.front().contact_ids.clear();
        for (std::uint64_t n = 1; n <= contacts; ++n) {
            domain::Contact contact;
            contact.id = ContactId(Uuid::from_words(8, n));
            many.groups.front().contact_ids.push_back(contact.id);
            many.contacts.push_back(contact);
        }
        return many;
    }

    [[nodiscard]] std::uint64_t position(TenantId tenant, domain::StreamId stream)
    {
        return store_.applied(tenant, stream).value();
    }
    /// (tenant, from, to) of each transaction.
    [[nodiscard]] std::vector<std::tuple<TenantId, std::uint64_t, std::uint64_t>> moves()
    {
        std::vector<std::tuple<TenantId, std::uint64_t, std::uint64_t>> moves;
        for (const auto& done : store_.done()) moves.emplace_back(done.tenant, done.from, done.to.seq);
        return moves;
    }
    [[nodiscard]] bool measured(const std::string& line) const { return metrics_.exposition().contains(line); }

    const TenantId one_ = tenant_id(1);
    const TenantId two_ = tenant_id(2);
    observe::Metrics metrics_;
    FakeConfigStore configs_;
    FakeTriageStore store_;
    ConfigCache policies_{configs_, "https://winnow.example"};
    std::atomic<int> outbox_changes_ = 0;
    std::unique_ptr<TriageService> service_;
};

}  // namespace winnow::pipeline
