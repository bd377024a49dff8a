/// What a request that only reads sees of what others do meanwhile.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <future>
#include <memory>
#include <utility>
#include <vector>

namespace winnow::pg {
namespace {

using ports::TenantSession;

class OneMoment : public PgTest {
protected:
    /// How many contacts a job sees that looks twice, where one was added between.
    std::vector<std::size_t> counts(bool reads_only)
    {
        std::vector<std::size_t> seen;
        const auto outcome = run(reads_only, [&](TenantSession& session) -> Result<Done> {
            for (int i = 0; i < 2; ++i) {
                const auto count = session.contacts().count();
                if (!count) return count.error();
                seen.push_back(*count);
                new_contact(tenant_, new_uuid().str());
            }
            return Done{};
        });
        EXPECT_TRUE(outcome);
        return seen;
    }

    Result<Done> run(bool reads_only, ports::TenantDatabase::Job job)
    {
        std::promise<Result<Done>> promise;
        auto outcome = promise.get_future();
        tenants_->submit(tenant_, std::move(job), [&](Result<Done> done) { promise.set_value(std::move(done)); },
                         {.given_up = {}, .statement_timeout = {}, .reads_only = reads_only});
        return outcome.get();
    }

    TenantId tenant_ = new_tenant();
    std::unique_ptr<ports::TenantDatabase> tenants_ = make_tenant_database(as(database_.api), database_.pipeline);
};

TEST_F(OneMoment, AnAnswerIsNotPutTogetherFromSeveral)
{
    EXPECT_THAT(counts(/*reads_only=*/true), testing::ElementsAre(0, 0));
    EXPECT_THAT(counts(/*reads_only=*/true), testing::ElementsAre(2, 2)) << "the next one sees what was added";
}

TEST_F(OneMoment, WhoeverWritesSeesWhatIsThere)
{
    EXPECT_THAT(counts(/*reads_only=*/false), testing::ElementsAre(0, 1));
}

TEST_F(OneMoment, WhatOnlyReadsNeitherWritesNorLocks)
{
    const auto outcome = run(/*reads_only=*/true, [](TenantSession& session) {
        domain::Contact contact;
        contact.id = ContactId(new_uuid());
        contact.name = "written";
        contact.type = "webhook";
        contact.settings["url"].shown = "https://example.org/";
        return session.contacts().insert(contact);
    });
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message(), testing::HasSubstr("read-only"));
    const auto locked = run(/*reads_only=*/true, [](TenantSession& session) -> Result<Done> {
        const auto done = session.settings().lock_configuration();
        if (!done) return done.error();
        return Done{};
    });
    ASSERT_FALSE(locked);
    EXPECT_THAT(locked.error().message(), testing::HasSubstr("read-only"));
}

}  // namespace
}  // namespace winnow::pg
