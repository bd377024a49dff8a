/// @file
/// Imports as jobs: their parts come and go, one is done at a time of a tenant, and whose runner is gone is begun anew.

#include "integration/pg/imports/import_fixture.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/tenants/import_store.hpp"

#include <functional>
#include <future>

namespace winnow::pg {
namespace {

using domain::ImportState;
using ports::Import;
using testing::HasSubstr;

constexpr std::int64_t kMost = 10;

class ImportJobsTest : public ImportTest {
protected:
    /// What the work returned, if it could be committed.
    Result<Done> tried(const std::function<Result<Done>(ports::ImportStore&)>& work)
    {
        std::promise<Result<Done>> finished;
        api_->submit(
            ours_, [&](ports::TenantSession& session) { return work(session.imports()); },
            [&](Result<Done> done) { finished.set_value(std::move(done)); });
        return finished.get_future().get();
    }
    void in_tenant(const std::function<void(ports::ImportStore&)>& work)
    {
        const auto done = tried([&](ports::ImportStore& store) -> Result<Done> {
            work(store);
            return Done{};
        });
        EXPECT_TRUE(done) << done.error().message();
    }
    [[nodiscard]] static Import import()
    {
        return {.id = ImportId(new_uuid()), .created_at = Timestamp{}, .created_by = "user:x", .source = "acme"};
    }
    ImportId made()
    {
        const auto one = import();
        EXPECT_TRUE(tried([&](ports::ImportStore& store) { return store.insert(one, kMost); }));
        return one.id;
    }
    Result<Done> put(ImportId id, std::int32_t number, const std::string& bytes)
    {
        Result<Done> put = Done{};
        in_tenant([&](auto& store) { put = store.put_part(id, number, bytes, kMost); });
        return put;
    }
    Result<Done> start(ImportId id)
    {
        Result<Done> started = Done{};
        in_tenant([&](auto& store) { started = store.start(id); });
        return started;
    }
    Import shown(ImportId id)
    {
        Import found;
        in_tenant([&](auto& store) {
            auto import = store.find(id);
            ASSERT_TRUE(import) << import.error().message();
            found = *std::move(import);
        });
        return found;
    }
    [[nodiscard]] ports::ImportJob claimed(const std::string& runner = "n")
    {
        auto job = import_jobs_->claim(runner);
        if (!job || !*job) throw std::runtime_error("nothing was claimed");
        return **job;
    }
    void let_pass(const std::string& time)
    {
        sql("update imports set touched_at = touched_at - interval '" + time +
            "', finished_at = finished_at - interval '" + time + "'");
    }

    std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
};

TEST_F(ImportJobsTest, PartsComeInAnyOrderAndMayComeAgain)
{
    const auto id = made();
    EXPECT_TRUE(put(id, 1, "22"));
    EXPECT_THAT(start(id).error().message(), HasSubstr("parts of the archive are missing"));
    EXPECT_TRUE(put(id, 0, "1111"));
    EXPECT_TRUE(put(id, 0, "11"));
    EXPECT_EQ(shown(id).parts, 2);
    EXPECT_EQ(shown(id).bytes, 4);
    EXPECT_TRUE(put(id, 1, "12345678")) << "ten bytes in all";
    const auto beyond = put(id, 1, "123456789");
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code(), ErrorCode::too_large);
    EXPECT_THAT(beyond.error().message(), HasSubstr("tenants.max_import_bytes"));
    EXPECT_TRUE(start(id));
    EXPECT_EQ(shown(id).state, ImportState::queued);
    EXPECT_EQ(put(id, 2, "x").error().code(), ErrorCode::conflict) << "it is checked as it is";
    EXPECT_EQ(start(id).error().code(), ErrorCode::conflict);
    const auto job = claimed();
    EXPECT_EQ(job.parts, 2);
    EXPECT_EQ(job.source, "acme");
    EXPECT_EQ(job.created_by, "user:x");
    EXPECT_EQ(import_jobs_->part(job, 0).value(), "11");
    EXPECT_EQ(import_jobs_->part(job, 2).error().code(), ErrorCode::not_found);
}

TEST_F(ImportJobsTest, OneWithoutPartsIsNotBegun)
{
    EXPECT_EQ(start(made()).error().code(), ErrorCode::conflict);
    EXPECT_EQ(start(ImportId(new_uuid())).error().code(), ErrorCode::not_found);
    EXPECT_EQ(put(ImportId(new_uuid()), 0, "x").error().code(), ErrorCode::not_found);
}

TEST_F(ImportJobsTest, AreOneAtATimeOfATenant)
{
    const auto id = made();
    const auto second = tried([](ports::ImportStore& store) { return store.insert(import(), kMost); });
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::conflict);
    in_tenant([&](auto& store) {
        EXPECT_TRUE(store.remove(id));
        EXPECT_EQ(store.remove(id).error().code(), ErrorCode::not_found);
    });
    EXPECT_NE(made(), id);
}

TEST_F(ImportJobsTest, PartsOfWhatWasDeletedGoByTheChore)
{
    const auto id = made();
    EXPECT_TRUE(put(id, 0, "x"));
    EXPECT_TRUE(put(id, 1, "x"));
    EXPECT_TRUE(start(id));
    const auto job = claimed();
    in_tenant([&](auto& store) { EXPECT_TRUE(store.remove(id)); });
    EXPECT_EQ(import_jobs_->part(job, 0).error().code(), ErrorCode::not_found);
    const auto next = made();
    EXPECT_TRUE(put(next, 0, "x"));
    EXPECT_EQ(do_chore("forget_imports"), 2U);
    EXPECT_EQ(number("select count(*) from import_parts"), 1) << "of the next one";
}

TEST_F(ImportJobsTest, WhatWasUploadedBeforeIsBounded)
{
    const auto id = made();
    EXPECT_TRUE(put(id, 0, "123456789"));
    in_tenant([&](auto& store) { EXPECT_TRUE(store.remove(id)); });
    const auto next = made();
    EXPECT_TRUE(put(next, 0, "12"));
    in_tenant([&](auto& store) { EXPECT_TRUE(store.remove(next)); });
    const auto beyond = tried([](ports::ImportStore& store) { return store.insert(import(), kMost); });
    ASSERT_FALSE(beyond) << "eleven bytes are there yet";
    EXPECT_EQ(beyond.error().code(), ErrorCode::conflict);
    EXPECT_THAT(beyond.error().message(), HasSubstr("not cleared away yet"));
    EXPECT_EQ(do_chore("forget_imports"), 2U);
    static_cast<void>(made());
}

TEST_F(ImportJobsTest, EarlierOnesAreBounded)
{
    sql("insert into imports (tenant_id, import_id, state, created_at, created_by, finished_at) select " +
        quoted(ours_) + ", gen_random_uuid(), 'failed', now(), 'x', now() from generate_series(1, 1000)");
    const auto beyond = tried([](ports::ImportStore& store) { return store.insert(import(), kMost); });
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code(), ErrorCode::conflict);
    EXPECT_THAT(beyond.error().message(), HasSubstr("too many earlier imports"));
    sql("delete from imports where import_id in (select import_id from imports limit 1)");
    static_cast<void>(made());
}

TEST_F(ImportJobsTest, SayWhatIsInTheWay)
{
    in_tenant([](auto& store) { EXPECT_EQ(store.in_the_way().value(), ""); });
    new_contact(ours_, "mine");
    in_tenant([](auto& store) { EXPECT_EQ(store.in_the_way().value(), "contacts"); });
    sql("delete from contacts");
    sql("select make_day_partitions((now() at time zone 'UTC')::date, 1)");
    sql("insert into journal values (" + quoted(ours_) + ", now(), 1, 1, 1, '')");
    in_tenant([](auto& store) { EXPECT_EQ(store.in_the_way().value(), "alerts"); });
}

TEST_F(ImportJobsTest, WhatIsWrongIsToldAndTheArchiveGoes)
{
    const auto id = made();
    EXPECT_TRUE(put(id, 0, "x"));
    EXPECT_TRUE(start(id));
    const auto job = claimed();
    EXPECT_TRUE(import_jobs_->keep(job, {.state = ImportState::checking, .rows_done = 3, .rows_total = 9}).value());
    EXPECT_EQ(shown(id).rows_done, 3);
    EXPECT_EQ(shown(id).rows_total, 9);
    const std::vector<domain::ImportFault> faults{
        {.file = "rules/000001.ndjson", .line = 3, .field = "name", .detail = "must be a \"text\""}};
    EXPECT_TRUE(import_jobs_->fail(job, "it is wrong", faults).value());
    EXPECT_EQ(shown(id).state, ImportState::failed);
    EXPECT_EQ(shown(id).error, "it is wrong");
    EXPECT_EQ(shown(id).faults, faults);
    EXPECT_TRUE(shown(id).finished_at.has_value());
    EXPECT_EQ(do_chore("forget_imports"), 1U);
    EXPECT_EQ(number("select count(*) from import_parts"), 0);
    EXPECT_FALSE(import_jobs_->fail(job, "twice", {}).value());
    EXPECT_FALSE(import_jobs_->keep(job, {}).value());
}

TEST_F(ImportJobsTest, WhoseRunnerIsSilentIsBegunAnewAndGivenUpInTheEnd)
{
    const auto id = made();
    EXPECT_TRUE(put(id, 0, "x"));
    EXPECT_FALSE(import_jobs_->claim("n")->has_value()) << "nobody has said that all is there";
    EXPECT_TRUE(start(id));
    const auto gone = claimed("a");
    EXPECT_FALSE(import_jobs_->claim("b")->has_value());
    EXPECT_TRUE(import_jobs_->keep(gone, {.state = ImportState::writing, .rows_done = 3, .rows_total = 9}).value());
    let_pass("61 seconds");
    const auto again = claimed("b");
    EXPECT_EQ(again.attempt, 2);
    EXPECT_EQ(shown(id).state, ImportState::checking) << "from the beginning";
    EXPECT_EQ(shown(id).rows_done, 0);
    EXPECT_FALSE(import_jobs_->keep(gone, {}).value());
    EXPECT_FALSE(import_jobs_->release(gone).value());
    EXPECT_TRUE(import_jobs_->release(again).value());
    EXPECT_EQ(claimed("c").attempt, 3);
    let_pass("61 seconds");
    EXPECT_FALSE(import_jobs_->claim("d")->has_value());
    EXPECT_EQ(shown(id).error, "it was begun 3 times, and never came to its end");
    EXPECT_EQ(do_chore("forget_imports"), 1U) << "its archive";
}

TEST_F(ImportJobsTest, OfATenantThatIsClosingEndAlsoInTheHandsOfARunner)
{
    const auto id = made();
    EXPECT_TRUE(put(id, 0, "bytes"));
    EXPECT_TRUE(start(id));
    const auto job = claimed();
    sql("update tenants set state = 'closing', closed_at = now(), export_until = now() where tenant_id = " +
        quoted(ours_));
    EXPECT_FALSE(import_jobs_->claim("another").value());
    EXPECT_EQ(shown(id).state, ImportState::failed);
    EXPECT_THAT(shown(id).error, HasSubstr("closing"));
    EXPECT_FALSE(import_jobs_->keep(job, {.state = ImportState::writing}).value()) << "so that its runner hears of it";
}

TEST_F(ImportJobsTest, UploadsThatNobodyEndsGoAfterTwoDaysAndWhatWasDoneAfterAMonth)
{
    const auto id = made();
    EXPECT_TRUE(put(id, 0, "x"));
    EXPECT_TRUE(put(id, 1, "x"));
    let_pass("47 hours");
    EXPECT_EQ(do_chore("forget_imports"), 0U);
    let_pass("2 hours");
    EXPECT_EQ(do_chore("forget_imports"), 3U) << "two parts, and what they belonged to";
    const auto second = made();
    EXPECT_TRUE(put(second, 0, "x"));
    EXPECT_TRUE(start(second));
    let_pass("3 days");
    EXPECT_EQ(do_chore("forget_imports"), 0U) << "it waits, and nobody has looked at it";
    EXPECT_TRUE(import_jobs_->fail(claimed(), "no", {}).value());
    EXPECT_EQ(do_chore("forget_imports"), 1U) << "its archive";
    let_pass("29 days");
    EXPECT_EQ(do_chore("forget_imports"), 0U);
    let_pass("2 days");
    EXPECT_EQ(do_chore("forget_imports"), 1U);
}

}  // namespace
}  // namespace winnow::pg
