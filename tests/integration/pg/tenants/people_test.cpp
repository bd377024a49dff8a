/// Who is found by an address.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/user_store.hpp"

#include <future>
#include <memory>
#include <optional>
#include <string>

namespace winnow::pg {
namespace {

class PeopleTest : public PgTest {
protected:
    [[nodiscard]] std::string t() const { return tenant_.str(); }

    std::optional<ports::User> found(const std::string& address)
    {
        std::promise<std::optional<ports::User>> promise;
        auto user = std::make_shared<std::optional<ports::User>>();
        api_->submit(
            tenant_,
            [&, user](ports::TenantSession& session) -> Result<Done> {
                auto known = session.users().find_by_email(address);
                if (!known) return known.error();
                *user = *std::move(known);
                return Done{};
            },
            [&, user](const Result<Done>& done) {
                EXPECT_TRUE(done) << done.error().message();
                promise.set_value(*user);
            });
        return promise.get_future().get();
    }

    const TenantId tenant_ = new_tenant();
    const std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
};

TEST_F(PeopleTest, AreFoundByTheLettersOfTheirAddressAndByNothingThatIsTakenForThem)
{
    sql("update users set email = 'kim@example.org' where tenant_id = '" + t() + "'");
    EXPECT_TRUE(found("kim@example.org"));
    EXPECT_TRUE(found("KIM@Example.ORG"));
    EXPECT_FALSE(found("\u212Aim@example.org")) << "PostgreSQL's lower() makes a k of it, and buckets do not";
}

}  // namespace
}  // namespace winnow::pg
